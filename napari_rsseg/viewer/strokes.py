"""What napari paints as operations: a step of the history each, in pixels of the scene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.editing import Operation
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["operation_of"]

_TOOLS = {"paint": "brush", "erase": "eraser", "fill": "fill", "polygon": "polygon"}


def operation_of(atoms: Sequence[Any], mode: str, corner: tuple[int, int]) -> Operation | None:
    """Return what a paint event says; None where it says nothing.

    Parameters
    ----------
    atoms : sequence
        Value of the event: each of a box, a mask or None, old values and a new one, or of indices, old and
        new values.
    mode : str
        Of the layer.
    corner : (int, int)
        Row and column of the scene at which the layer's data begin.
    """
    parts = [_part(atom) for atom in atoms]
    parts = [part for part in parts if not part[0].is_empty]
    if not parts:
        return None
    box = Window(
        min(window.row_start for window, *_ in parts),
        max(window.row_stop for window, *_ in parts),
        min(window.column_start for window, *_ in parts),
        max(window.column_stop for window, *_ in parts),
    )
    where = np.zeros(box.shape, dtype=np.bool_)
    ids = {int(value) for *_, value in parts if np.ndim(value) == 0}
    labels: Any = ids.pop() if len(ids) == 1 and all(np.ndim(part[2]) == 0 for part in parts) else None
    mixed = None if labels is not None else np.zeros(box.shape, dtype=np.uint8)
    for window, mask, value in parts:
        place = window.within(box).slices
        if mask is None:
            where[place] = True
        elif isinstance(mask, tuple):
            where[place][mask] = True
        else:
            where[place] |= mask
        if mixed is not None:
            mixed[place][... if mask is None else mask] = value
    tool = _TOOLS.get(mode, "edit")
    return Operation(tool, box.shifted(*corner), where, mixed if mixed is not None else labels)


def _part(atom: Any) -> tuple[Window, Any, Any]:
    """Return box, mask or indices in it (None: all of it), and new values of an atom."""
    if len(atom) == 4:
        (rows, columns), mask, _, value = atom
        return Window(rows.start, rows.stop, columns.start, columns.stop), mask, value
    (rows, columns), _, value = atom
    if not len(rows):
        return Window(0, 0, 0, 0), None, 0
    window = Window(int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1)
    return window, (rows - window.row_start, columns - window.column_start), value
