"""Copies of a project for one annotator each: which pixels are theirs, and what the project knows of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.project.project import Project

__all__ = [
    "WritableArea",
    "annotators_of",
    "assigned_labels_path",
    "part_labels_path",
    "part_name",
    "writable_area",
]

_UNSAFE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class WritableArea:
    """The windows of a scene that an annotator may change.

    Parameters
    ----------
    window_px : int
        Side of the grid's windows in pixels.
    cells : frozenset of (int, int)
        Row and column in the grid of each window.
    """

    window_px: int
    cells: frozenset[tuple[int, int]]

    @classmethod
    def of(cls, window_px: int, windows: Iterable[Window]) -> WritableArea:
        """Return the area of some windows of the grid."""
        cells = ((window.row_start // window_px, window.column_start // window_px) for window in windows)
        return cls(window_px, frozenset(cells))

    def mask(self, window: Window) -> npt.NDArray[np.bool_]:
        """Return which pixels of a window may be changed: (height, width) of the window."""
        found = np.zeros(window.shape, dtype=np.bool_)
        side = self.window_px
        for row in range(window.row_start // side, -(-window.row_stop // side)):
            for column in range(window.column_start // side, -(-window.column_stop // side)):
                if (row, column) in self.cells:
                    cell = Window(row * side, (row + 1) * side, column * side, (column + 1) * side)
                    found[cell.intersection(window).within(window).slices] = True
        return found


def annotators_of(assigned_to: str | None) -> tuple[str, ...]:
    """Return the annotators that a window is assigned to; none: anybody."""
    return tuple(name for name in (assigned_to or "").split(",") if name)


def writable_area(project: Project, scene_id: str) -> WritableArea | None:
    """Return what may be changed of a scene; None: all of it, as everywhere but in an annotator's copy."""
    settings = project.settings
    if not settings.is_part:
        return None
    rows = project.catalogue.rows("SELECT * FROM windows WHERE scene = ?", (scene_id,))
    own = (
        Window(row["row_start"], row["row_stop"], row["column_start"], row["column_stop"])
        for row in rows
        if settings.annotator in annotators_of(row["assigned_to"])
    )
    return WritableArea.of(settings.window_px, own)


def part_name(annotator: str) -> str:
    """Return the name of an annotator as files bear it."""
    return _UNSAFE.sub("-", annotator.lower()).strip("-")


def part_labels_path(project: Project, scene_id: str, annotator: str) -> Path:
    """Return where a project keeps the labels of an annotator's copy, as of the last merge."""
    return project.scene_folder(scene_id) / "parts" / f"{part_name(annotator)}.zarr"


def assigned_labels_path(project: Project, scene_id: str) -> Path:
    """Return where a project keeps the labels of windows as they were given away."""
    return project.scene_folder(scene_id) / "parts" / "_assigned.zarr"
