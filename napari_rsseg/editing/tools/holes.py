"""Holes in objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.tools.components import class_at, component_at
from napari_rsseg.editing.tools.trimming import trimmed

if TYPE_CHECKING:
    from napari_rsseg.editing.operation import Operation
    from napari_rsseg.editing.tools.ground import Ground

__all__ = ["fill_holes"]


def fill_holes(ground: Ground, place: tuple[int, int], *, most_px: int | None = None) -> Operation | None:
    """Fill what lies wholly inside the object under the pointer with its class.

    Parameters
    ----------
    ground : Ground
        Labels.
    place : tuple of int
        Row and column of a pixel of the object.
    most_px : int, optional
        Largest hole that is filled; default: any.
    """
    from scipy import ndimage

    class_id = class_at(ground, place)
    found = None if class_id in (None, IGNORED) else component_at(ground, place, diagonal=True)
    if found is None or class_id is None:
        return None
    window, mask = found
    holes = ndimage.binary_fill_holes(mask) & ~mask
    if most_px is not None:
        numbers, _ = ndimage.label(holes)
        sizes = np.bincount(numbers.ravel())
        holes &= sizes[numbers] <= most_px
    return trimmed("fill holes", window, holes, class_id)
