"""What lies around pixels that lose their label."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["from_around"]


def from_around(
    labels: npt.NDArray[np.uint8],
    where: npt.NDArray[np.bool_],
    *,
    taken_from: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.uint8]:
    """Return labels with those of some pixels replaced by the nearest one beside them, be it 255.

    Parameters
    ----------
    labels : ndarray, (height, width), uint8
        Class ids, 255 where nothing is said.
    where : ndarray, (height, width), bool
        Pixels to replace; they stay where there is nothing else.
    taken_from : ndarray, (height, width), bool, optional
        Pixels whose labels may spread; default: all others.
    """
    from scipy import ndimage

    givers = ~where if taken_from is None else taken_from
    if not givers.any() or not where.any():
        return labels.copy()
    rows, columns = ndimage.distance_transform_edt(~givers, return_distances=False, return_indices=True)
    new = labels.copy()
    new[where] = labels[rows[where], columns[where]]
    return new
