"""Levels that a file lacks, computed for the windows that are asked for."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.scene import Level
from napari_rsseg.scenes.segment_cache import SegmentCache
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from napari_rsseg.scenes.pixels import PixelSource

__all__ = ["Pyramid", "halved", "halved_mask"]

COARSEST_PX = 1024
_BLOCK_PX = 512
_CACHE_BYTES = 96 * 2**20


def halved(values: npt.NDArray[np.generic], nodata: tuple[float | None, ...]) -> npt.NDArray[np.generic]:
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


def _mean_of_four(plane: npt.NDArray[np.generic], nodata: float | None) -> npt.NDArray[np.generic]:
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


class Pyramid:
    """A pixel source with levels down to about a thousand pixels.

    Levels that the file lacks are halved again and again from the coarsest one it has, in blocks that are
    kept while they fit; memory stays bounded however large the scene is.

    Parameters
    ----------
    source : PixelSource
        The file.
    nodata : tuple of float or None
        Per band of the file.
    """

    def __init__(self, source: PixelSource, nodata: tuple[float | None, ...]) -> None:
        self._source, self._nodata = source, nodata
        self._stored = len(source.levels)
        self._cache = SegmentCache(_CACHE_BYTES)
        levels = list(source.levels)
        while max(levels[-1].height, levels[-1].width) > COARSEST_PX:
            last = levels[-1]
            levels.append(Level(math.ceil(last.height / 2), math.ceil(last.width / 2), last.downsample * 2))
        self._levels = tuple(levels)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """One dtype for all bands."""
        return self._source.dtype

    @property
    def levels(self) -> tuple[Level, ...]:
        """Levels of the file, then the computed ones."""
        return self._levels

    @property
    def stored(self) -> int:
        """How many of the levels the file itself holds."""
        return self._stored

    def read(self, window: Window, level: int, bands: tuple[int, ...]) -> npt.NDArray[np.generic]:
        """Return (len(bands), height, width)."""
        if level < self._stored:
            return self._source.read(window, level, bands)
        out = np.empty((len(bands), window.height, window.width), dtype=self.dtype)
        for block in self._blocks(window):
            part = block.intersection(window)
            key = (level, bands, block.row_start, block.column_start)
            values = self._cache.get(key, partial(self._half, block, level, bands))
            rows, columns = part.within(window).slices
            inner_rows, inner_columns = part.within(block).slices
            out[:, rows, columns] = values[:, inner_rows, inner_columns]
        return out

    def mask(self, window: Window, level: int) -> npt.NDArray[np.bool_] | None:
        """Return where the mask band says valid; None where the file has no mask."""
        if level < self._stored:
            return self._source.mask(window, level)
        out = np.empty(window.shape, dtype=np.bool_)
        for block in self._blocks(window):
            part = block.intersection(window)
            finer = self.mask(self._finer(block, level), level - 1)
            if finer is None:
                return None
            rows, columns = part.within(window).slices
            inner_rows, inner_columns = part.within(block).slices
            out[rows, columns] = halved_mask(finer)[inner_rows, inner_columns]
        return out

    def close(self) -> None:
        """Release the file."""
        self._cache.clear()
        self._source.close()

    def _blocks(self, window: Window) -> list[Window]:
        """Return the blocks of the fixed grid that a window touches."""
        return [
            Window(row, row + _BLOCK_PX, column, column + _BLOCK_PX)
            for row in range(window.row_start // _BLOCK_PX * _BLOCK_PX, window.row_stop, _BLOCK_PX)
            for column in range(window.column_start // _BLOCK_PX * _BLOCK_PX, window.column_stop, _BLOCK_PX)
        ]

    def _finer(self, block: Window, level: int) -> Window:
        """Return the pixels of the next finer level under a block."""
        finer = self._levels[level - 1]
        doubled = Window(
            block.row_start * 2, block.row_stop * 2, block.column_start * 2, block.column_stop * 2
        )
        return doubled.intersection(Window.of(finer.height, finer.width))

    def _half(self, block: Window, level: int, bands: tuple[int, ...]) -> npt.NDArray[np.generic]:
        finer = self.read(self._finer(block, level), level - 1, bands)
        if finer.dtype.kind != "f" and not finer.any():  # holes of sparse files, cheaply
            return np.zeros((len(bands), -(-finer.shape[1] // 2), -(-finer.shape[2] // 2)), finer.dtype)
        return halved(finer, tuple(self._nodata[band] for band in bands))
