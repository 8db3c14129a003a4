"""A coarse level of a large file without overviews, computed once and kept in the user's cache.

Without it each opening would decode the whole file again for its first picture.
"""

from __future__ import annotations

import logging
import math
import os
import threading
from typing import IO, TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.halving import halved
from napari_rsseg.scenes.windows import Window
from napari_rsseg.settings import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_rsseg.scenes.pixels import PixelSource
    from napari_rsseg.scenes.scene import Level

__all__ = ["KeptLevel", "level_to_keep"]

_LOGGER = logging.getLogger(__name__)
_WORTH_PX = 8192**2  # below, computing again takes a second or two
_LONGEST_PX = 4096
_MOST_BYTES = 512 * 2**20
_ROWS_AT_ONCE, _COLUMNS_AT_ONCE = 512, 4096  # of the file


def level_to_keep(levels: Sequence[Level], stored: int, pixel_bytes: int) -> int | None:
    """Return which of the computed levels is worth a file; None: the file's own levels are coarse enough."""
    last = levels[stored - 1]
    if last.height * last.width <= _WORTH_PX:
        return None
    return next(
        (
            index
            for index, level in enumerate(levels)
            if index >= stored
            and max(level.height, level.width) <= _LONGEST_PX
            and level.height * level.width * pixel_bytes <= _MOST_BYTES
        ),
        None,
    )


class KeptLevel:
    """The level, made when it is first read; thread-safe.

    Parameters
    ----------
    source : PixelSource
        The file; its coarsest level is halved ``halvings`` times.
    nodata : tuple of float or None
        Per band of the file.
    halvings : int
        How often.
    fingerprint : str
        Digest of the file: what is kept is never another file's.
    """

    def __init__(
        self, source: PixelSource, nodata: tuple[float | None, ...], *, halvings: int, fingerprint: str
    ) -> None:
        self._source, self._nodata, self._halvings = source, nodata, halvings
        self._level = len(source.levels) - 1
        size = source.levels[self._level]
        factor = 2**halvings
        self._shape = (math.ceil(size.height / factor), len(nodata), math.ceil(size.width / factor))
        self._path = cache_folder() / "overviews" / f"{fingerprint[:32]}-{halvings}.npy"
        self._array: npt.NDArray[np.generic] | None = None
        self._lock = threading.Lock()

    def read(self, window: Window, bands: tuple[int, ...]) -> npt.NDArray[np.generic]:
        """Return (len(bands), height, width).

        Raises
        ------
        OSError
            When the cache cannot be written.
        SceneError
            When the file is damaged.
        """
        with self._lock:
            if self._array is None:
                self._array = self._opened()
        rows, columns = window.slices
        return np.moveaxis(np.asarray(self._array[rows, :, columns])[:, list(bands)], 1, 0).copy()

    def _opened(self) -> npt.NDArray[np.generic]:
        if not self._path.is_file():
            self._make()
        array: npt.NDArray[np.generic] = np.load(self._path, mmap_mode="r")
        return array

    def _make(self) -> None:
        """Write the level row by row under another name, and rename it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}.partial")
        try:
            with draft.open("wb") as file:
                self._write(file)
            draft.replace(self._path)
        finally:
            draft.unlink(missing_ok=True)
        _LOGGER.info("kept a coarse level as %s", self._path)

    def _write(self, file: IO[bytes]) -> None:
        header = {
            "descr": np.lib.format.dtype_to_descr(self._source.dtype),
            "fortran_order": False,
            "shape": self._shape,
        }
        np.lib.format.write_array_header_1_0(file, header)
        for rows in self._rows():
            file.write(np.ascontiguousarray(rows.transpose(1, 0, 2)).tobytes())

    def _rows(self) -> Iterator[npt.NDArray[np.generic]]:
        """Yield rows of the level, (bands, some, width), each strip or tile of the file decoded once."""
        size = self._source.levels[self._level]
        whole = Window.of(size.height, size.width)
        down = max(_ROWS_AT_ONCE, 2**self._halvings)
        across = max(_COLUMNS_AT_ONCE, 2**self._halvings)
        for row in range(0, size.height, down):
            parts = [
                self._coarse(Window(row, row + down, column, column + across).intersection(whole))
                for column in range(0, size.width, across)
            ]
            yield np.concatenate(parts, axis=2)

    def _coarse(self, window: Window) -> npt.NDArray[np.generic]:
        values = self._source.read(window, self._level, tuple(range(len(self._nodata))))
        if values.dtype.kind != "f" and not values.any():  # holes of sparse files, cheaply
            factor = 2**self._halvings
            shape = (len(self._nodata), math.ceil(window.height / factor), math.ceil(window.width / factor))
            return np.zeros(shape, values.dtype)
        for _ in range(self._halvings):
            values = halved(values, self._nodata)
        return values
