"""Of masks that show the same thing, the best one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from napari_rsseg.engine.prompting.prompts import Candidate
    from napari_rsseg.scenes.windows import Window

__all__ = ["without_duplicates"]

_SIDE_PX = 256  # masks are compared on a grid of at most so many cells per side


def without_duplicates(
    regions: Sequence[Candidate], window: Window, *, most_iou: float
) -> tuple[Candidate, ...]:
    """Drop every region that overlaps a better one by more than an IoU: those of two crops, of two clicks.

    Parameters
    ----------
    regions : sequence of Candidate
        Masks of the scene.
    window : Window
        The part of the scene that holds them.
    most_iou : float
        IoU of two regions up to which both stay.

    Returns
    -------
    tuple of Candidate
        The largest first.
    """
    if not regions:
        return ()
    ranked = sorted(regions, key=lambda region: -region.quality)
    step = max(1, math.ceil(max(window.shape) / _SIDE_PX))
    shape = (-(-window.height // step), -(-window.width // step))
    cells = np.stack([_cells(region, window, step, shape) for region in ranked])  # (N, cells)
    areas = cells.sum(axis=1)
    common = cells @ cells.T
    ious = common / np.maximum(areas[:, None] + areas[None] - common, 1e-6)
    kept: list[int] = []
    for index in range(len(ranked)):
        if areas[index] > 0 and not (ious[index, kept] > most_iou).any():
            kept.append(index)
    kept.sort(key=lambda index: -areas[index])
    return tuple(ranked[index] for index in kept)


def _cells(region: Candidate, window: Window, step: int, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Return how full each cell of the grid is of a region, flat."""
    rows, columns = np.nonzero(region.mask.unpacked())
    at = region.window.within(window)
    flat = ((rows + at.row_start) // step) * shape[1] + (columns + at.column_start) // step
    counts = np.bincount(flat, minlength=shape[0] * shape[1])
    return (counts / (step * step)).astype(np.float32)
