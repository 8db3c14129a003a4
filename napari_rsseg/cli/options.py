"""Options that several commands share, declared once.

JsonOption        --json
OverwriteOption   --overwrite
DeviceOption      --device
SchedulerOption   --scheduler
Task              the three tasks
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

__all__ = ["DeviceOption", "JsonOption", "OverwriteOption", "SchedulerOption", "Task"]


class Task(StrEnum):
    """What can be mapped."""

    landslide = "landslide"
    cloud = "cloud"
    grass = "grass"


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]

DeviceOption = Annotated[
    str, typer.Option("--device", metavar="auto|cpu|cuda|mps", help="Where the network runs.")
]

SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDR",
        help="Address of a dask.distributed scheduler, such as tcp://host:8786; default: a worker here.",
    ),
]
