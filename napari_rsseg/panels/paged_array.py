"""Arrays of ids that are larger than the window's memory: pages on disk, coarse levels in memory."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.scenes.windows import Window
from napari_rsseg.settings import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NUMPY_PX", "CoarseLabels", "CoarseLevel", "IdArray", "PagedArray", "make_id_array", "squares"]

NUMPY_PX = 8192
"""Longest side that is kept as a plain array: up to it, painting and undo cost the same at any size."""
PAGE_PX = 512
SQUARE_PX = 2048
COARSE = 4
_COARSEST_PX = 1024

Ids = npt.NDArray[np.uint8]
Slices = tuple[slice, slice]


class CoarseLevel:
    """Every n-th pixel of a paged array; takes memory only where something was written.

    Parameters
    ----------
    height, width : int
        Size in pixels.
    """

    def __init__(self, height: int, width: int) -> None:
        self.shape = (height, width)
        self._inverted: Ids = np.zeros(self.shape, dtype=np.uint8)  # zeros cost nothing until written to

    def __getitem__(self, slices: Slices) -> Ids:
        return np.invert(self._inverted[slices])

    def __setitem__(self, slices: Slices, values: Ids) -> None:
        self._inverted[slices] = np.invert(values)


class CoarseLabels:
    """Every fourth pixel of a scene, every fourth of these, and so on, in memory.

    Parameters
    ----------
    height, width : int
        Size of the scene in pixels.

    Attributes
    ----------
    levels : dict
        From the step, 4, 16 …, to the level.
    """

    def __init__(self, height: int, width: int) -> None:
        self.shape = (height, width)
        self.levels: dict[int, CoarseLevel] = {}
        step = COARSE
        while True:
            rows, columns = -(-height // step), -(-width // step)
            self.levels[step] = CoarseLevel(rows, columns)
            if max(rows, columns) <= _COARSEST_PX:
                break
            step *= COARSE

    def draw(self, window: Window, values: Ids) -> None:
        """Take in the ids of a window, (height, width)."""
        for step, level in self.levels.items():
            kept = values[-window.row_start % step :: step, -window.column_start % step :: step]
            row, column = -(-window.row_start // step), -(-window.column_start // step)
            level[row : row + kept.shape[0], column : column + kept.shape[1]] = kept


class PagedArray:
    """A (height, width) uint8 array of compressed pages in a temporary folder, 255 where nothing was written.

    Parameters
    ----------
    height, width : int
        Size in pixels.
    is_shown : bool
        Whether coarser levels, each every fourth pixel of the finer one, are kept in memory and up to date.
    """

    dtype = np.dtype(np.uint8)
    ndim = 2

    def __init__(self, height: int, width: int, *, is_shown: bool = True) -> None:
        import zarr

        parent = cache_folder() / "open"
        parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.mkdtemp(dir=parent)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.shape = (height, width)
        self._pages: Any = zarr.create_array(
            folder, shape=self.shape, chunks=(PAGE_PX, PAGE_PX), dtype="uint8", fill_value=IGNORED
        )
        self._coarse = CoarseLabels(height, width) if is_shown else None

    @property
    def coarse(self) -> dict[int, CoarseLevel]:
        """Coarser levels by their step; none where it is not shown."""
        return {} if self._coarse is None else self._coarse.levels

    def __getitem__(self, slices: Slices) -> Ids:
        return np.asarray(self._pages[slices], dtype=np.uint8)

    def __setitem__(self, slices: Slices, values: Ids) -> None:
        self._pages[slices] = values
        (row, row_stop, _), (column, column_stop, _) = (
            part.indices(size) for part, size in zip(slices, self.shape, strict=True)
        )
        if self._coarse is not None:
            self._coarse.draw(Window(row, row_stop, column, column_stop), values)


IdArray = Ids | PagedArray


def make_id_array(height: int, width: int, *, is_shown: bool = True) -> IdArray:
    """Return an array of 255, plain where it is small enough to be painted on as a whole."""
    if max(height, width) <= NUMPY_PX:
        return np.full((height, width), IGNORED, dtype=np.uint8)
    return PagedArray(height, width, is_shown=is_shown)


def squares(window: Window) -> Iterator[Window]:
    """Cut a window into parts that fit memory many times over, row by row."""
    for row in range(window.row_start, window.row_stop, SQUARE_PX):
        for column in range(window.column_start, window.column_stop, SQUARE_PX):
            yield Window(row, row + SQUARE_PX, column, column + SQUARE_PX).intersection(window)
