"""Halving of rasters for overviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["majority", "mean_of_valid"]

_Array = npt.NDArray[np.generic]


def majority(values: _Array) -> _Array:
    """Return the most frequent id of each 2 x 2 pixels, the first of them where none occurs twice.

    Parameters
    ----------
    values : ndarray, (2 H, 2 W, S)
        Ids.

    Returns
    -------
    ndarray, (H, W, S)
    """
    first, second = values[::2, ::2], values[::2, 1::2]
    third, fourth = values[1::2, ::2], values[1::2, 1::2]
    of_others = np.where(
        (second == third) | (second == fourth), second, np.where(third == fourth, third, first)
    )
    return np.where((first == second) | (first == third) | (first == fourth), first, of_others)


def mean_of_valid(nodata: float | None) -> Callable[[_Array], _Array]:
    """Return a function that averages 2 x 2 pixels without those that say nothing.

    Parameters
    ----------
    nodata : float or None
        Number that says nothing; None: NaN. It stays where all four are it.
    """

    def halve(values: _Array) -> _Array:
        quarters = np.stack([values[row::2, column::2] for row in (0, 1) for column in (0, 1)]).astype(
            np.float32
        )
        said = np.isfinite(quarters) if nodata is None else quarters != nodata
        count = said.sum(axis=0)
        mean = np.where(said, quarters, np.float32(0)).sum(axis=0) / np.maximum(count, 1)
        if values.dtype.kind in "ui":
            mean = np.floor(mean + np.float32(0.5))
        mean[count == 0] = np.nan if nodata is None else nodata
        halved: npt.NDArray[np.generic] = mean.astype(values.dtype)
        return halved

    return halve
