"""Borders of objects: grown, shrunk, smoothed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.tools.components import class_at, component_at
from napari_rsseg.editing.tools.surroundings import from_around
from napari_rsseg.editing.tools.trimming import trimmed

if TYPE_CHECKING:
    from napari_rsseg.editing.operation import Operation
    from napari_rsseg.editing.tools.ground import Ground
    from napari_rsseg.scenes.windows import Window

__all__ = ["grow", "shrink", "smooth"]


def grow(ground: Ground, place: tuple[int, int], pixels: float) -> Operation | None:
    """Move the border of the object under the pointer outwards.

    Parameters
    ----------
    ground : Ground
        Labels.
    place : tuple of int
        Row and column.
    pixels : float
        How far, in pixels.
    """
    from scipy import ndimage

    class_id = class_at(ground, place)
    found = None if class_id in (None, IGNORED) else component_at(ground, place, diagonal=True)
    if found is None or class_id is None:
        return None
    window = found[0].grown(int(np.ceil(pixels))).intersection(ground.extent)
    mask = np.zeros(window.shape, dtype=bool)
    mask[found[0].within(window).slices] = found[1]
    near = ndimage.distance_transform_edt(~mask) <= pixels
    return trimmed("grow", window, near & (ground.labels(window) != class_id), class_id)


def shrink(ground: Ground, place: tuple[int, int], pixels: float) -> Operation | None:
    """Move the border of the object under the pointer inwards; what is freed becomes what lies beside it.

    Parameters as of `grow`. The border of the ground is no border of the object.
    """
    from scipy import ndimage

    found = None
    if class_at(ground, place) not in (None, IGNORED):
        found = component_at(ground, place, diagonal=True)
    if found is None:
        return None
    window = found[0].grown(1).intersection(ground.extent)
    mask = np.zeros(window.shape, dtype=bool)
    mask[found[0].within(window).slices] = found[1]
    if mask.all():
        return None
    freed = mask & (ndimage.distance_transform_edt(mask) <= pixels)
    return trimmed("shrink", window, freed, from_around(ground.labels(window), freed, taken_from=~mask))


def smooth(ground: Ground, window: Window, radius_px: float) -> Operation | None:
    """Smooth the borders of all classes in a window; what is not labelled stays so.

    Each pixel gets the class that has most weight around it, so that thin gaps and tips disappear and no
    class as such gains.

    Parameters
    ----------
    ground : Ground
        Labels; read a little beyond the window.
    window : Window
        Where borders are smoothed.
    radius_px : float
        Standard deviation of the weights, in pixels.
    """
    from scipy import ndimage

    window = window.intersection(ground.extent)
    if window.is_empty:
        return None
    outer = window.grown(int(np.ceil(4 * radius_px))).intersection(ground.extent)
    labels = ground.labels(outer)
    best, votes = labels.copy(), np.zeros(outer.shape, dtype=np.float32)
    for class_id in np.setdiff1d(np.unique(labels), [IGNORED]):
        weight = ndimage.gaussian_filter((labels == class_id).astype(np.float32), radius_px)
        ahead = weight > votes
        best[ahead], votes[ahead] = class_id, weight[ahead]
    inner = window.within(outer).slices
    old, new = labels[inner], best[inner]
    return trimmed("smooth", window, (new != old) & (old != IGNORED), new)
