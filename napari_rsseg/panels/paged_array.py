"""Arrays of ids that are larger than the window's memory: pages on disk, coarse levels in memory."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.settings import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_rsseg.scenes.windows import Window

__all__ = ["NUMPY_PX", "IdArray", "PagedArray", "make_id_array", "strips"]

NUMPY_PX = 8192
"""Longest side that is kept as a plain array: up to it, painting and undo cost the same at any size."""
PAGE_PX = 512
STRIP_PX = 2048
COARSE = 4
_COARSEST_PX = 1024

Ids = npt.NDArray[np.uint8]
Slices = tuple[slice, slice]


class PagedArray:
    """A (height, width) uint8 array of compressed pages in a temporary folder, 255 where nothing was written.

    Each coarser level is every fourth pixel of the finer one, kept in memory and up to date.

    Parameters
    ----------
    height, width : int
        Size in pixels.
    """

    dtype = np.dtype(np.uint8)
    ndim = 2

    def __init__(self, height: int, width: int) -> None:
        import zarr

        parent = cache_folder() / "open"
        parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.mkdtemp(dir=parent)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.shape = (height, width)
        self._pages: Any = zarr.create_array(
            folder, shape=self.shape, chunks=(PAGE_PX, PAGE_PX), dtype="uint8", fill_value=IGNORED
        )
        self.coarse: dict[int, Ids] = {}
        step = COARSE
        while True:
            rows, columns = -(-height // step), -(-width // step)
            self.coarse[step] = np.full((rows, columns), IGNORED, dtype=np.uint8)
            if max(rows, columns) <= _COARSEST_PX:
                break
            step *= COARSE

    def __getitem__(self, slices: Slices) -> Ids:
        return np.asarray(self._pages[slices], dtype=np.uint8)

    def __setitem__(self, slices: Slices, values: Ids) -> None:
        self._pages[slices] = values
        (row, _, _), (column, _, _) = (
            part.indices(size) for part, size in zip(slices, self.shape, strict=True)
        )
        for step, level in self.coarse.items():
            kept = values[-row % step :: step, -column % step :: step]
            first = (-(-row // step), -(-column // step))
            level[first[0] : first[0] + kept.shape[0], first[1] : first[1] + kept.shape[1]] = kept


IdArray = Ids | PagedArray


def make_id_array(height: int, width: int) -> IdArray:
    """Return an array of 255, plain where it is small enough to be painted on as a whole."""
    if max(height, width) <= NUMPY_PX:
        return np.full((height, width), IGNORED, dtype=np.uint8)
    return PagedArray(height, width)


def strips(window: Window) -> Iterator[Window]:
    """Cut a window into parts that fit memory, top first."""
    for start in range(window.row_start, window.row_stop, STRIP_PX):
        stop = min(start + STRIP_PX, window.row_stop)
        yield type(window)(start, stop, window.column_start, window.column_stop)
