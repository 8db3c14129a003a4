"""A user who corrects: each click at the centre of the largest error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["Click", "iou", "next_click", "objects_of"]

_LEAST_PX = 64  # of an object worth a click
_MOST_SHARE = 0.9  # of the image


@dataclass(frozen=True)
class Click:
    """A click on a pixel.

    Attributes
    ----------
    row, column : int
        Where.
    is_positive : bool
        Whether the object is there.
    """

    row: int
    column: int
    is_positive: bool


def next_click(
    shown: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_], earlier: Sequence[Click] = ()
) -> Click:
    """Return the click at the centre of the largest error: the maximum of the distance transform.

    Parameters
    ----------
    shown, truth : ndarray, (H, W), bool
        The mask so far, and the object.
    earlier : sequence of Click
        Pixels that were clicked already and are not clicked again.
    """
    depths = [_depth(truth & ~shown), _depth(shown & ~truth)]
    for depth in depths:
        for click in earlier:
            depth[click.row, click.column] = 0
    is_positive = bool(depths[0].max() >= depths[1].max())
    depth = depths[0] if is_positive else depths[1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return Click(int(row), int(column), is_positive)


def objects_of(mask: npt.NDArray[np.bool_], most: int) -> list[npt.NDArray[np.bool_]]:
    """Return the largest connected parts of a mask as masks: 64 pixels or more, at most 90 % of the image."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    order = np.argsort(-areas)[:most]
    limit = _MOST_SHARE * mask.size
    return [parts == index + 1 for index in order if _LEAST_PX <= areas[index] <= limit]


def iou(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> float:
    """Return the intersection over union of two masks, 0 where both are empty."""
    return float((first & second).sum() / max(1, (first | second).sum()))


def _depth(error: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Return the distance to the edge of an error; the image's edge counts as one."""
    padded = np.pad(error, 1).astype(np.uint8)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1], np.float32)
