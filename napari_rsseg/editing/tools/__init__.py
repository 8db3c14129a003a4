"""Tools of correction: from what is there and where a person pointed to an operation, or None."""

from __future__ import annotations

from napari_rsseg.editing.tools.agreeing import accept_rest, mark_ignored
from napari_rsseg.editing.tools.borders import grow, shrink, smooth
from napari_rsseg.editing.tools.components import class_at, component_at, components
from napari_rsseg.editing.tools.copying import copy_from, copy_prediction, on_other_grid
from napari_rsseg.editing.tools.fill import fill, reassign
from napari_rsseg.editing.tools.ground import FULL_CONFIDENCE, Ground, Seen
from napari_rsseg.editing.tools.holes import fill_holes
from napari_rsseg.editing.tools.objects import ObjectFilter, delete_objects, merge_objects, replace_objects
from napari_rsseg.editing.tools.only_over import OnlyOver, clipped
from napari_rsseg.editing.tools.polygon import outlined, polygon
from napari_rsseg.editing.tools.smart_fill import smart_fill
from napari_rsseg.editing.tools.specks import drop_specks, pixels_of_area
from napari_rsseg.editing.tools.superpixels import SuperpixelKind, Superpixels, collected, divide

__all__ = [
    "FULL_CONFIDENCE",
    "Ground",
    "ObjectFilter",
    "OnlyOver",
    "Seen",
    "SuperpixelKind",
    "Superpixels",
    "accept_rest",
    "class_at",
    "clipped",
    "collected",
    "component_at",
    "components",
    "copy_from",
    "copy_prediction",
    "delete_objects",
    "divide",
    "drop_specks",
    "fill",
    "fill_holes",
    "grow",
    "mark_ignored",
    "merge_objects",
    "on_other_grid",
    "outlined",
    "pixels_of_area",
    "polygon",
    "reassign",
    "replace_objects",
    "shrink",
    "smart_fill",
    "smooth",
]
