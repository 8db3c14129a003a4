"""Options that several commands share, declared once.

JsonOption        --json
OverwriteOption   --overwrite
DeviceOption      --device
SchedulerOption   --scheduler
ProjectOption     --project
ProjectFolder     DIR, the project folder as an argument
Device            where the network runs
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Device",
    "DeviceOption",
    "JsonOption",
    "OverwriteOption",
    "ProjectFolder",
    "ProjectOption",
    "SchedulerOption",
]


class Device(StrEnum):
    """Where the network runs."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

ProjectFolder = Annotated[Path, typer.Argument(metavar="DIR", help="The project folder.")]

ProjectOption = Annotated[Path, typer.Option("--project", metavar="DIR", help="Project folder.")]

OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]

DeviceOption = Annotated[
    Device, typer.Option("--device", help="Where the network runs; auto: on a GPU where there is one.")
]

SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDR",
        help="Address of a dask.distributed scheduler, such as tcp://host:8786; default: a worker here.",
    ),
]
