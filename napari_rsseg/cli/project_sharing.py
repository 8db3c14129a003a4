"""``napari-rsseg project assign`` and ``merge``: several annotators on one project."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from napari_rsseg.cli.options import JsonOption, ProjectFolder
from napari_rsseg.cli.reporting import print_json
from napari_rsseg.errors import SettingsError

__all__ = ["assign", "merge"]


def assign(
    folder: ProjectFolder,
    annotators: Annotated[str, typer.Option(metavar="NAME,NAME", help="Who labels, separated by commas.")],
    overlap: Annotated[
        str, typer.Option(metavar="N%", help="Windows that two annotators label, neither seeing the other.")
    ] = "0%",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the copies; default: beside the project.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Share out the windows that nobody has done, and make a copy of the project for each annotator."""
    from napari_rsseg.jobs.project_assigning import assign_project
    from napari_rsseg.project import Project

    share = _share(overlap)
    with Project.open(folder) as project:
        parts = assign_project(project, annotators.split(","), overlap=share, out=out)
    if as_json:
        print_json({"project": folder, "parts": [asdict(part) for part in parts]})
        return
    for part in parts:
        print(f"{part.annotator}: {part.windows} windows, {part.shared} of them shared, {part.root}")


def _share(text: str) -> float:
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise SettingsError(f"An overlap of {text!r} is no share.", "Write it as 10% or 0.1.") from None


def merge(
    folder: ProjectFolder,
    parts: Annotated[list[Path], typer.Argument(metavar="COPY...", help="Folders of annotators' copies.")],
    as_json: JsonOption = False,
) -> None:
    """Bring annotators' copies back; what they see differently is listed and kept, and ends with 2.

    It may be done again as they go on. Shared windows stay hidden until both annotators are done with them.
    """
    from napari_rsseg.jobs.project_merging import merge_projects
    from napari_rsseg.project import Project

    with Project.open(folder) as project:
        said = merge_projects(project, parts)
    if as_json:
        conflicts = [{**asdict(conflict), "place": str(conflict.place)} for conflict in said.conflicts]
        print_json({"project": folder, **asdict(said), "conflicts": conflicts})
    else:
        for annotator, pixels in said.pixels.items():
            print(f"{annotator}: {pixels:,} pixels taken")
        if said.waiting:
            print(f"{said.waiting} shared windows wait for the other annotator")
        for conflict in said.conflicts:
            names = " and ".join(conflict.annotators)
            print(
                f"conflict in window {conflict.window} of {conflict.scene} at {conflict.place}: "
                f"{names} differ in {conflict.pixels:,} pixels"
            )
    if said.conflicts:
        raise typer.Exit(2)
