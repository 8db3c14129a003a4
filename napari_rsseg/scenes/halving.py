"""Halving of rasters for overviews."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["halved", "halved_mask", "majority", "mean_of_valid"]

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


def halved(values: _Array, nodata: tuple[float | None, ...]) -> _Array:
    """Return (bands, ceil(h / 2), ceil(w / 2)): the mean of the measured pixels of each 2 x 2.

    Where none of the four was measured the result is nodata again; NaN and infinity count as not measured
    and come out as NaN.
    """
    bands, height, width = values.shape
    out = np.empty((bands, math.ceil(height / 2), math.ceil(width / 2)), dtype=values.dtype)
    for band in range(bands):
        plane = values[band]
        if height % 2 or width % 2:
            plane = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
        out[band] = _mean_of_four(plane, nodata[band])
    return out


def _mean_of_four(plane: _Array, nodata: float | None) -> _Array:
    corners = [plane[0::2, 0::2], plane[0::2, 1::2], plane[1::2, 0::2], plane[1::2, 1::2]]
    is_float = plane.dtype.kind == "f"
    if nodata is None and not is_float:
        wide = np.dtype(np.int32 if plane.dtype.itemsize <= 2 else np.int64)
        whole: npt.NDArray[np.signedinteger] = corners[0].astype(wide)
        for corner in corners[1:]:
            np.add(whole, corner, out=whole, casting="unsafe")
        whole += 2  # rounds halves up
        whole >>= 2
        return whole.astype(plane.dtype)
    total = np.zeros(corners[0].shape, dtype=np.float64 if plane.dtype.itemsize > 2 else np.float32)
    count = np.zeros(total.shape, dtype=np.uint8)
    for corner in corners:
        measured = np.isfinite(corner) if is_float else np.ones(corner.shape, dtype=np.bool_)
        if nodata is not None and not math.isnan(nodata):
            measured &= corner != nodata
        total += np.where(measured, corner, 0)
        count += measured
    mean = total / np.maximum(count, 1)
    empty = math.nan if nodata is None else nodata
    mean = np.where(count > 0, mean if is_float else np.rint(mean), empty)
    return mean.astype(plane.dtype)


def halved_mask(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return (ceil(h / 2), ceil(w / 2)): True where any of the four pixels is."""
    height, width = mask.shape
    padded = np.pad(mask, ((0, height % 2), (0, width % 2)))
    return padded[0::2, 0::2] | padded[0::2, 1::2] | padded[1::2, 0::2] | padded[1::2, 1::2]
