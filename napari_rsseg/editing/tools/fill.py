"""Fill, and another class for an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.tools.components import class_at, component_at
from napari_rsseg.editing.tools.trimming import trimmed

if TYPE_CHECKING:
    from napari_rsseg.editing.operation import Operation
    from napari_rsseg.editing.tools.ground import Ground

__all__ = ["fill", "reassign"]


def fill(ground: Ground, place: tuple[int, int], class_id: int) -> Operation | None:
    """Give all pixels that have the label under the pointer and hang together with it by edges a class.

    Parameters
    ----------
    ground : Ground
        Labels; pixels without one are filled too.
    place : tuple of int
        Row and column.
    class_id : int
        What they get; None is returned where they have it.
    """
    if class_at(ground, place) in (None, class_id):
        return None
    found = component_at(ground, place, diagonal=False)
    return None if found is None else trimmed("fill", *found, class_id)


def reassign(ground: Ground, place: tuple[int, int], class_id: int) -> Operation | None:
    """Give the object under the pointer another class; what is not labelled is no object.

    Parameters
    ----------
    ground : Ground
        Labels.
    place : tuple of int
        Row and column.
    class_id : int
        What the object becomes; None is returned where it is that.
    """
    if class_at(ground, place) in (None, IGNORED, class_id):
        return None
    found = component_at(ground, place, diagonal=True)
    return None if found is None else trimmed("reassign", *found, class_id)
