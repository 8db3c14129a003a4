"""The image that a segmenter sees of a view, and masks on it brought back to the scene's pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.engine.prompting.prompts import Candidate, PackedMask
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.engine.packing import PackedArray
    from napari_rsseg.engine.prompting.view import PromptView
    from napari_rsseg.scenes.scene import Scene

__all__ = ["candidate_of", "read_view", "to_image_pixels"]


def read_view(scene: Scene, view: PromptView) -> npt.NDArray[np.uint8]:
    """Read what a view shows, through the scene's radiometry as a screen shows it.

    Returns
    -------
    ndarray, (h, w, 3), uint8
        Of `PromptView.image_shape`: bilinear with antialiasing, from the coarsest level that is fine enough;
        0 where nothing was measured.
    """
    from PIL import Image

    from napari_rsseg.scenes.reading import read_values

    fine = [index for index, each in enumerate(scene.levels) if each.downsample <= view.pixel_px]
    level = fine[-1] if fine else 0
    size = scene.levels[level]
    down, across = scene.height / size.height, scene.width / size.width
    window = view.window
    top, bottom = window.row_start / down, window.row_stop / down
    left, right = window.column_start / across, window.column_stop / across
    read = Window(int(top), min(math.ceil(bottom), size.height), int(left), min(math.ceil(right), size.width))
    values, _ = read_values(scene, read, view.bands, level=level, display=True)
    image = np.rint(values * 255).astype(np.uint8).transpose(1, 2, 0)  # (H, W, 3)
    height, width = view.image_shape
    if image.shape[:2] == (height, width) and level == 0:
        return np.ascontiguousarray(image)
    box = (
        left - read.column_start,
        top - read.row_start,
        min(right - read.column_start, read.width),
        min(bottom - read.row_start, read.height),
    )
    picture = Image.fromarray(np.ascontiguousarray(image))
    return np.array(picture.resize((width, height), Image.Resampling.BILINEAR, box=box))


def to_image_pixels(view: PromptView, places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Map (..., 2) of (row, column) in the scene to those of the view's image; pixel centres are whole."""
    window, (height, width) = view.window, view.image_shape
    corner = (window.row_start, window.column_start)
    scale = (height / window.height, width / window.width)
    return (places - corner + 0.5) * scale - 0.5


def candidate_of(
    view: PromptView,
    soft: npt.NDArray[np.float32],
    quality: float,
    *,
    logits: PackedArray | None = None,
) -> Candidate | None:
    """Return the mask of a view's image as one of the scene; None where it is empty.

    Parameters
    ----------
    view : PromptView
        The view.
    soft : ndarray, (h, w), float32
        Above 0 on the object, on the view's image; interpolated between its pixels.
    quality : float
        The segmenter's guess of the IoU.
    logits : PackedArray, optional
        What the segmenter needs to go on from it.
    """
    window = view.window
    rows = _reach(np.flatnonzero((soft > 0).any(axis=1)), soft.shape[0], window.height)
    columns = _reach(np.flatnonzero((soft > 0).any(axis=0)), soft.shape[1], window.width)
    if rows is None or columns is None:
        return None
    mask = _sampled(_sampled(soft, rows, window.height).T, columns, window.width).T > 0  # (R, C)
    full_rows, full_columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if full_rows.size == 0:
        return None
    mask = mask[full_rows[0] : full_rows[-1] + 1, full_columns[0] : full_columns[-1] + 1]
    row = window.row_start + rows.start + int(full_rows[0])
    column = window.column_start + columns.start + int(full_columns[0])
    around = Window(row, row + mask.shape[0], column, column + mask.shape[1])
    return Candidate(around, PackedMask.of(mask), float(np.clip(quality, 0, 1)), logits)


def _reach(used: npt.NDArray[np.intp], size: int, length: int) -> range | None:
    """Return the pixels of the scene that touch used pixels of the image, along one axis."""
    if used.size == 0:
        return None
    scale = length / size
    return range(max(0, int((used[0] - 1) * scale)), min(length, math.ceil((used[-1] + 2) * scale)))


def _sampled(values: npt.NDArray[np.float32], where: range, length: int) -> npt.NDArray[np.float32]:
    """Interpolate along the first axis as PyTorch does without aligned corners, for some of ``length``."""
    size = values.shape[0]
    if size == length:
        return values[where.start : where.stop]
    place = np.clip((np.arange(where.start, where.stop) + 0.5) * (size / length) - 0.5, 0, size - 1)
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, size - 1)
    share = (place - below).astype(np.float32)[:, None]
    return np.asarray(values[below] * (1 - share) + values[above] * share, np.float32)
