"""Levels that a file lacks, computed for the windows that are asked for."""

from __future__ import annotations

import logging
import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.halving import halved, halved_mask
from napari_rsseg.scenes.kept_level import KeptLevel, level_to_keep
from napari_rsseg.scenes.scene import Level
from napari_rsseg.scenes.segment_cache import SegmentCache
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from napari_rsseg.scenes.pixels import PixelSource

__all__ = ["Pyramid"]

_LOGGER = logging.getLogger(__name__)
COARSEST_PX = 1024
_BLOCK_PX = 512
_CACHE_BYTES = 96 * 2**20


class Pyramid:
    """A pixel source with levels down to about a thousand pixels.

    Levels that the file lacks are halved again and again from the coarsest one it has, in blocks that are
    kept while they fit; memory stays bounded however large the scene is. Of a large file one coarse level
    is also kept on disk, see `kept_level`.

    Parameters
    ----------
    source : PixelSource
        The file.
    nodata : tuple of float or None
        Per band of the file.
    fingerprint : str, optional
        Digest of the file; without it nothing is kept on disk.
    """

    def __init__(
        self, source: PixelSource, nodata: tuple[float | None, ...], fingerprint: str | None = None
    ) -> None:
        self._source, self._nodata = source, nodata
        self._stored = len(source.levels)
        self._cache = SegmentCache(_CACHE_BYTES)
        levels = list(source.levels)
        while max(levels[-1].height, levels[-1].width) > COARSEST_PX:
            last = levels[-1]
            levels.append(Level(math.ceil(last.height / 2), math.ceil(last.width / 2), last.downsample * 2))
        self._levels = tuple(levels)
        self._kept: KeptLevel | None = None
        pixel_bytes = source.dtype.itemsize * len(nodata)
        self._kept_level = level_to_keep(levels, self._stored, pixel_bytes) if fingerprint else None
        if fingerprint and self._kept_level is not None:
            halvings = self._kept_level - self._stored + 1
            self._kept = KeptLevel(source, nodata, halvings=halvings, fingerprint=fingerprint)

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
        if self._kept is not None and level == self._kept_level:
            try:
                return self._kept.read(window, bands)
            except OSError as error:
                _LOGGER.warning("no coarse level is kept (%s): it is computed at each opening", error)
                self._kept = None
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
