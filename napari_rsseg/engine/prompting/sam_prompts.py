"""What a user points at, in the words that SAM was trained with: points, one box, one earlier mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from napari_rsseg.models.sam import SamPrompts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from napari_rsseg.engine.prompting.prompts import Candidate, PromptPolygon, Prompts, PromptStroke
    from napari_rsseg.engine.prompting.view import PromptView
    from napari_rsseg.models.sam import Frame

__all__ = ["sam_prompts"]

_STROKE_POINTS = 6  # a scribble is as many clicks, evenly along it
_POLYGON_POINTS = 3  # and an outline as many, deep inside it and far from each other
_LOGIT = 6.0  # of a mask that is not SAM's own, inside; outside its negative
_LOW_RES = 4  # low-resolution logits have a quarter of the square's side
_GRID_PX = 256  # side of the raster on which outlines are filled

Places = list["npt.NDArray[np.float64]"]


def sam_prompts(view: PromptView, frame: Frame, prompts: Prompts) -> tuple[SamPrompts, bool]:
    """Return a batch of one for SAM, and whether it is a single click, which is ambiguous.

    Clicks are points. A scribble is several points along it. A positive outline is points inside it, its
    bounding box, and, where there is no earlier mask, its inside as one; a negative one is points. Several
    boxes make the one that holds them all. An earlier mask of SAM's is given as the logits it was; any other
    one as logits of +-6.
    """
    points: dict[bool, Places] = {True: [], False: []}
    for point in prompts.points:
        points[point.is_positive].append(np.array([point.row, point.column]))
    for stroke in prompts.strokes:
        points[stroke.is_positive].extend(_along(stroke))
    for polygon in prompts.polygons:
        points[polygon.is_positive].extend(_inside(polygon))
    outlines = [polygon for polygon in prompts.polygons if polygon.is_positive]
    corners = [np.array([[box.row_start, box.column_start], [box.row_stop, box.column_stop]])
               for box in prompts.boxes]  # fmt: skip
    corners += [np.stack([_corners(outline).min(axis=0), _corners(outline).max(axis=0)])
                for outline in outlines]  # fmt: skip
    places = [*points[True], *points[False]]
    labels = torch.tensor([[1.0] * len(points[True]) + [0.0] * len(points[False])])
    mask = _earlier_mask(view, frame, prompts.previous, outlines)
    given = SamPrompts(
        points=_on_square(view, frame, np.stack(places))[None] if places else None,
        labels=labels if places else None,
        boxes=_box(view, frame, corners) if corners else None,
        masks=None if mask is None else torch.from_numpy(mask)[None, None].float(),
    )
    is_one_click = len(places) == 1 and not corners and mask is None
    return given, is_one_click


def _on_square(view: PromptView, frame: Frame, places: npt.NDArray[np.float64]) -> torch.Tensor:
    """Map places (N, 2) of (row, column) in the scene to points (N, 2) of x, y on the square."""
    corner = (view.window.row_start, view.window.column_start)
    return torch.from_numpy(frame.to_square((places - corner)[:, ::-1])).float()


def _box(view: PromptView, frame: Frame, corners: Places) -> torch.Tensor:
    every = np.concatenate(corners)
    around = np.stack([every.min(axis=0), every.max(axis=0)])
    return _on_square(view, frame, around).reshape(1, 4)


def _along(stroke: PromptStroke) -> Places:
    line = np.asarray(stroke.vertices, dtype=np.float64)
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    if lengths[-1] == 0:
        return [line[0]]
    stops = np.linspace(0, lengths[-1], _STROKE_POINTS)
    return list(np.stack([np.interp(stops, lengths, line[:, axis]) for axis in (0, 1)], axis=1))


def _corners(polygon: PromptPolygon) -> npt.NDArray[np.float64]:
    return np.asarray(polygon.vertices, dtype=np.float64)


def _filled(
    vertices: npt.NDArray[np.float64], shape: tuple[int, int], value: float = 1.0
) -> npt.NDArray[np.float32]:
    """Fill an outline of (row, column) on a raster."""
    raster = np.zeros(shape, np.float32)
    cv2.fillPoly(raster, [np.rint(vertices[:, ::-1]).astype(np.int32)], value)
    return raster


def _inside(polygon: PromptPolygon) -> Places:
    """Return points deep inside an outline, each as far as possible from its edge and from the others."""
    vertices = _corners(polygon)
    low, size = vertices.min(axis=0), np.ptp(vertices, axis=0)
    scale = (_GRID_PX - 3) / max(float(size.max()), 1e-6)
    raster = _filled((vertices - low) * scale + 1, (_GRID_PX, _GRID_PX)).astype(np.uint8)
    found = []
    for _ in range(_POLYGON_POINTS):
        depth = cv2.distanceTransform(raster, cv2.DIST_L2, 5)
        row, column = np.unravel_index(int(depth.argmax()), depth.shape)
        if depth[row, column] == 0:
            break
        found.append((np.array([row, column], np.float64) - 1) / scale + low)
        raster[row, column] = 0
    return found


def _earlier_mask(
    view: PromptView, frame: Frame, previous: Candidate | None, outlines: Sequence[PromptPolygon]
) -> npt.NDArray[np.float32] | None:
    side = frame.side_px // _LOW_RES
    if previous is not None and previous.logits is not None and previous.logits.shape == (side, side):
        return previous.logits.unpacked().astype(np.float32)
    if previous is None and not outlines:
        return None
    logits = np.full((side, side), -_LOGIT, np.float32)
    if previous is not None:
        window = previous.window.intersection(view.window)
        whole = np.zeros(view.window.shape, np.float32)
        part = window.within(previous.window)
        whole[window.within(view.window).slices] = previous.mask.unpacked()[part.slices]
        size = (max(1, round(frame.inner[1] / _LOW_RES)), max(1, round(frame.inner[0] / _LOW_RES)))
        share = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
        logits[: size[1], : size[0]] = (2 * share - 1) * _LOGIT
        return logits
    for outline in outlines:
        on_square = _on_square(view, frame, _corners(outline)).numpy()[:, ::-1] / _LOW_RES
        logits[_filled(on_square, (side, side)) > 0] = _LOGIT
    return logits
