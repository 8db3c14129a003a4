"""A labelled set into a project folder, in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.datasets.importing import ImportReport, import_labels
from napari_rsseg.datasets.imports import find_labelled
from napari_rsseg.datasets.label_map import parse_label_map
from napari_rsseg.errors import DatasetError, ProjectError
from napari_rsseg.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.datasets.sessions import SessionOf

__all__ = ["collect", "opened_project"]


def opened_project(root: Path, scheme: Scheme) -> Project:
    """Open a project of a scheme to write; make it where there is none.

    Raises
    ------
    ProjectError
        When it is of another scheme, or another program holds it.
    """
    if not (root / "project.toml").exists():
        return Project.create(root, name=root.absolute().name or "project", scheme=scheme)
    project = Project.open(root)
    try:
        if project.scheme.names != scheme.names:
            raise ProjectError(
                f"The project {root} has the classes {', '.join(project.scheme.names)}, not those of "
                f"{scheme.name}: {', '.join(scheme.names)}.",
                "Import into a project of the same classes.",
            )
        project.require_writable()
    except ProjectError:
        project.close()
        raise
    return project


def collect(  # noqa: PLR0913 - what the command and the page ask for
    project: Project,
    images: Path,
    masks: Path,
    *,
    id_map: str = "",
    tolerance: int = 0,
    session_of: SessionOf | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> ImportReport:
    """Find a set, understand its values and take its labels.

    Parameters
    ----------
    project : Project
        Open to write.
    images, masks : Path
        As `find_labelled` takes them.
    id_map : str
        What values mean, as `parse_label_map` reads it.
    tolerance : int
        How far values may lie from the named ones.
    session_of, on_progress : callable
        As `import_labels` takes them.

    Raises
    ------
    SchemeError
        When the map has mistakes.
    DatasetError
        When nothing there is labelled, or no file of the set can be taken.
    """
    meaning = parse_label_map(id_map, project.scheme, tolerance=tolerance)
    name = masks.stem if masks.is_file() else masks.name
    found = find_labelled(
        images, masks, scheme=project.scheme, meaning=meaning, extract_to=project.root / "imported" / name
    )
    report = import_labels(
        project, found.images, source=str(masks.absolute()), session_of=session_of, on_progress=on_progress
    )
    report.problems[:0] = found.problems
    if not report.imported:
        first = report.problems[0] if report.problems else "Nothing was found."
        raise DatasetError(
            f"None of the {len(found.images)} labelled images could be taken: {first}",
            "Correct the files, or the map, and import again.",
        )
    return report
