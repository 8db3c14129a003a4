"""What a user points at, on the superpixels of a view's image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_rsseg.engine.prompting.classical.cues import Seeds
from napari_rsseg.engine.prompting.view_image import to_image_pixels

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.engine.prompting.classical.image import Superpixels
    from napari_rsseg.engine.prompting.prompts import Candidate, Prompts
    from napari_rsseg.engine.prompting.view import PromptView

__all__ = ["seeds_of"]


def seeds_of(image: Superpixels, view: PromptView, prompts: Prompts) -> Seeds:
    """Return prompts as superpixels inside and outside, a box and an earlier mask.

    What was said last of a superpixel counts: outlines, then scribbles, then clicks. Several boxes make the
    one that holds them all.
    """
    height, width = image.labels.shape
    said: dict[int, bool] = {}

    def say(places: npt.NDArray[np.float64], *, is_positive: bool, is_closed: bool = False) -> None:
        points = np.rint(to_image_pixels(view, places)).astype(np.int32)
        raster = np.zeros((height, width), np.uint8)
        if is_closed:
            cv2.fillPoly(raster, [points[:, ::-1]], 1)
        else:
            inside = np.clip(points, 0, (height - 1, width - 1))
            raster[tuple(inside.T)] = 1  # a line of one vertex is drawn by none
            cv2.polylines(raster, [inside[:, None, ::-1]], isClosed=False, color=1)
        for superpixel in np.unique(image.labels[raster > 0]):
            said[int(superpixel)] = is_positive

    for polygon in prompts.polygons:
        say(np.asarray(polygon.vertices), is_positive=polygon.is_positive, is_closed=True)
    for stroke in prompts.strokes:
        say(np.asarray(stroke.vertices), is_positive=stroke.is_positive)
    for point in prompts.points:
        say(np.array([[point.row, point.column]]), is_positive=point.is_positive)
    sides = [*prompts.polygons, *prompts.strokes, *prompts.points]
    return Seeds(
        inside=np.array([key for key, positive in said.items() if positive], np.intp),
        outside=np.array([key for key, positive in said.items() if not positive], np.intp),
        prompts=len(sides),
        box=_box(view, prompts),
        earlier=None if prompts.previous is None else _earlier(image, view, prompts.previous),
    )


def _box(view: PromptView, prompts: Prompts) -> tuple[float, float, float, float] | None:
    if not prompts.boxes:
        return None
    low = np.min([(box.row_start, box.column_start) for box in prompts.boxes], axis=0)
    high = np.max([(box.row_stop, box.column_stop) for box in prompts.boxes], axis=0)
    (top, left), (bottom, right) = to_image_pixels(view, np.stack([low, high]).astype(np.float64))
    return float(top), float(left), float(bottom), float(right)


def _earlier(image: Superpixels, view: PromptView, previous: Candidate) -> npt.NDArray[np.float32]:
    if previous.logits is not None and previous.logits.shape == (image.count,):
        return previous.logits.unpacked().astype(np.float32)
    height, width = image.labels.shape
    window = previous.window.intersection(view.window)
    whole = np.zeros(view.window.shape, np.float32)
    part = window.within(previous.window)
    whole[window.within(view.window).slices] = previous.mask.unpacked()[part.slices]
    share = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    return image.shares_of(np.asarray(share, np.float32))
