"""Fill what looks alike: connected pixels of like colour, where the model was alike in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.tools.ground import FULL_CONFIDENCE
from napari_rsseg.editing.tools.trimming import trimmed

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.editing.operation import Operation
    from napari_rsseg.editing.tools.ground import Ground, Seen

__all__ = ["smart_fill"]

_SMOOTHING_PX = 1.0  # noise of single pixels would tear the region


def smart_fill(
    ground: Ground,
    seen: Seen,
    place: tuple[int, int],
    class_id: int,
    *,
    tolerance: float,
    confidence_tolerance: float = 1.0,
) -> Operation | None:
    """Give the connected pixels that look like the one under the pointer a class.

    Parameters
    ----------
    ground : Ground
        Confidence is read from it.
    seen : Seen
        The view; the region ends at its border.
    place : tuple of int
        Row and column.
    class_id : int
        What the region gets.
    tolerance : float
        Largest difference of a colour channel, 0 to 1.
    confidence_tolerance : float
        Largest difference of the model's confidence, 0 to 1; 1: confidence does not matter.
    """
    from scipy import ndimage
    from skimage.segmentation import flood

    window = seen.window.intersection(ground.extent)
    row, column = place[0] - window.row_start, place[1] - window.column_start
    if not (0 <= row < window.height and 0 <= column < window.width):
        return None
    image = ndimage.gaussian_filter(
        seen.image[window.within(seen.window).slices], (_SMOOTHING_PX, _SMOOTHING_PX, 0)
    )
    alike = np.abs(image - image[row, column]).max(axis=-1) <= tolerance
    if confidence_tolerance < 1:
        alike &= _alike_in_doubt(ground.confidence(window), (row, column), confidence_tolerance)
    return trimmed("smart fill", window, flood(alike, (row, column), connectivity=1), class_id)


def _alike_in_doubt(
    confidence: npt.NDArray[np.uint8], seed: tuple[int, int], tolerance: float
) -> npt.NDArray[np.bool_]:
    """Return where a model was about as sure as at the seed; where it said nothing there, the same."""
    if confidence[seed] == IGNORED:
        return np.asarray(confidence == IGNORED)
    difference = np.abs(confidence.astype(np.int16) - int(confidence[seed]))
    return np.asarray((difference <= tolerance * FULL_CONFIDENCE) & (confidence != IGNORED))
