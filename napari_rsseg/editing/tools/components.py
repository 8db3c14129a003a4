"""Objects: connected pixels of one class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.tools.trimming import trimmed_mask
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.editing.tools.ground import Ground

__all__ = ["class_at", "component_at", "components"]

_FIRST_PX = 128


def class_at(ground: Ground, place: tuple[int, int]) -> int | None:
    """Return the label id of a pixel; None outside the ground."""
    row, column = place
    window = Window(row, row + 1, column, column + 1)
    return int(ground.labels(window)[0, 0]) if ground.extent.contains(window) else None


def component_at(
    ground: Ground, place: tuple[int, int], *, diagonal: bool
) -> tuple[Window, npt.NDArray[np.bool_]] | None:
    """Return the connected pixels of one label around a pixel; None outside the ground.

    Only as much is read as the component is large.

    Parameters
    ----------
    ground : Ground
        Labels.
    place : tuple of int
        Row and column.
    diagonal : bool
        Whether pixels that share a corner only are connected too.
    """
    from skimage.segmentation import flood

    if class_at(ground, place) is None:
        return None
    row, column = place
    window = Window(row, row + 1, column, column + 1).grown(_FIRST_PX).intersection(ground.extent)
    while True:
        seed = (row - window.row_start, column - window.column_start)
        mask = flood(ground.labels(window), seed, connectivity=2 if diagonal else 1)
        if not _goes_on(mask, window, ground.extent):
            return trimmed_mask(window, mask)
        window = window.grown(max(window.shape)).intersection(ground.extent)


def _goes_on(mask: npt.NDArray[np.bool_], window: Window, extent: Window) -> bool:
    """Return whether a component may reach beyond the window that was read."""
    return bool(
        (window.row_start > extent.row_start and mask[0].any())
        or (window.row_stop < extent.row_stop and mask[-1].any())
        or (window.column_start > extent.column_start and mask[:, 0].any())
        or (window.column_stop < extent.column_stop and mask[:, -1].any())
    )


def components(labels: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """Return the number of each pixel's object and the size of each object.

    Parameters
    ----------
    labels : ndarray, (height, width), uint8
        Class ids.

    Returns
    -------
    ndarray, (height, width), int
        From 1; 0 where nothing is said. Pixels that share a corner are connected.
    ndarray, (n + 1,), int64
        Pixels of each object, by its number.
    """
    from skimage.measure import label

    numbers = label(labels, background=IGNORED, connectivity=2)
    return numbers, np.bincount(numbers.ravel())
