"""Windows of one TIFF page: which strips or tiles to decode, and where their pixels go."""

from __future__ import annotations

import math
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from tifffile import TiffFileError

from napari_rsseg.errors import SceneError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tifffile import TiffPage

    from napari_rsseg.scenes.segment_cache import SegmentCache
    from napari_rsseg.scenes.tiff_file import TiffBytes
    from napari_rsseg.scenes.windows import Window

__all__ = ["DAMAGED", "PageReader"]

# What tifffile and its codecs raise on damaged input; imagecodecs' own errors are RuntimeErrors.
DAMAGED = (
    TiffFileError, ValueError, RuntimeError, IndexError, KeyError, TypeError, AttributeError, ArithmeticError,
    AssertionError, EOFError, OSError, MemoryError, struct.error, zlib.error,
)  # fmt: skip

LARGEST_SEGMENT_BYTES = 2**30
_UNCOMPRESSED = 1


class PageReader:
    """Pixels of one page, as (samples, height, width).

    Parameters
    ----------
    page : TiffPage
        A page of the file.
    source : TiffBytes
        Bytes of the file.
    cache : SegmentCache
        Where decoded strips and tiles are kept.

    Raises
    ------
    SceneError
        When the page declares what the file cannot hold.
    """

    def __init__(self, page: TiffPage, source: TiffBytes, cache: SegmentCache) -> None:
        self._page, self._source, self._cache = page, source, cache
        self.height, self.width = int(page.imagelength), int(page.imagewidth)
        self.samples = int(page.samplesperpixel)
        self.is_planar = int(page.planarconfig) == 2 and self.samples > 1
        if page.dtype is None or page.dtype.kind not in "buif":
            raise SceneError(
                f"{source.path} holds numbers of a kind that is no image ({page.dtype or 'unknown'}).",
                "Convert it to uint8, uint16, int16 or float32.",
            )
        self.dtype = np.dtype(np.uint8) if page.dtype.kind == "b" else page.dtype.newbyteorder("=")
        if page.is_tiled:
            self._rows, self._columns = int(page.tilelength), int(page.tilewidth)
        else:
            self._rows, self._columns = min(int(page.rowsperstrip), self.height), self.width
        self._down = math.ceil(self.height / self._rows)
        self._across = math.ceil(self.width / self._columns)
        self._hole = np.asarray(page.nodata).astype(self.dtype)
        self._is_raw = self._can_read_rows()
        self._check()

    @property
    def segment_bytes(self) -> int:
        """Bytes of one decoded strip or tile."""
        return self._rows * self._columns * self._contiguous * self.dtype.itemsize

    @property
    def row_bytes(self) -> int:
        """Bytes that one row of pixels takes when whole segments are decoded."""
        return self._across * self._columns * self._contiguous * self.dtype.itemsize

    @property
    def _contiguous(self) -> int:
        return 1 if self.is_planar else self.samples

    def _can_read_rows(self) -> bool:
        page = self._page
        return (
            not page.is_tiled
            and int(page.compression) == _UNCOMPRESSED
            and int(page.predictor) == 1
            and int(page.bitspersample) == self.dtype.itemsize * 8
            and int(page.fillorder) == 1
            and not page.is_subsampled
        )

    def _check(self) -> None:
        """Compare what the page declares with what the file holds, before anything is allocated."""
        expected = self._down * self._across * (self.samples if self.is_planar else 1)
        offsets, counts = self._page.dataoffsets, self._page.databytecounts
        if len(offsets) != expected or len(counts) != expected:
            raise SceneError(
                f"{self._source.path} declares {self.height} x {self.width} px in {expected} pieces "
                f"but lists {min(len(offsets), len(counts))}.",
                "The file is damaged: copy or download it again.",
            )
        reach = max((o + c for o, c in zip(offsets, counts, strict=True)), default=0)
        if reach > self._source.size:
            raise SceneError(
                f"{self._source.path} is cut off: its pixels reach byte {reach}, it has {self._source.size}.",
                "Copy or download the file again.",
            )
        if self._page.compression == _UNCOMPRESSED and self._is_raw:
            return
        if self.segment_bytes > LARGEST_SEGMENT_BYTES:
            raise SceneError(
                f"{self._source.path} stores {self._rows} x {self._columns} px as one compressed piece.",
                "Rewrite it in tiles: gdal_translate -of COG -co COMPRESS=DEFLATE IN OUT.",
            )

    def read(self, window: Window, samples: tuple[int, ...]) -> npt.NDArray[np.generic]:
        """Return (len(samples), height, width) of a window inside the page.

        Raises
        ------
        SceneError
            When the file is damaged there.
        """
        out = np.zeros((len(samples), window.height, window.width), dtype=self.dtype)
        if window.is_empty or not samples:
            return out
        if self._is_raw:
            self._read_rows(window, samples, out)
            return out
        planes = samples if self.is_planar else (0,)
        for position, plane in enumerate(planes):
            target = out[position : position + 1] if self.is_planar else out
            wanted = (0,) if self.is_planar else samples
            for row, column in self._touched(window):
                if self._page.databytecounts[self._index(plane, row, column)] == 0 and not self._hole:
                    continue  # never written, and zero is what it reads as
                self._place(self._segment(plane, row, column), (row, column), window, wanted, target)
        return out

    def _touched(self, window: Window) -> Iterator[tuple[int, int]]:
        for row in range(window.row_start // self._rows, (window.row_stop - 1) // self._rows + 1):
            for column in range(
                window.column_start // self._columns, (window.column_stop - 1) // self._columns + 1
            ):
                yield row, column

    def _place(
        self,
        segment: npt.NDArray[np.generic],
        at: tuple[int, int],
        window: Window,
        wanted: tuple[int, ...],
        target: npt.NDArray[np.generic],
    ) -> None:
        top, left = at[0] * self._rows, at[1] * self._columns
        row_start, row_stop = max(top, window.row_start), min(top + self._rows, window.row_stop)
        column_start = max(left, window.column_start)
        column_stop = min(left + self._columns, window.column_stop)
        part = segment[row_start - top : row_stop - top, column_start - left : column_stop - left]
        rows = slice(row_start - window.row_start, row_stop - window.row_start)
        columns = slice(column_start - window.column_start, column_stop - window.column_start)
        for index, sample in enumerate(wanted):
            target[index, rows, columns] = part[:, :, sample]

    def _index(self, plane: int, row: int, column: int) -> int:
        return (plane * self._down + row) * self._across + column

    def _segment(self, plane: int, row: int, column: int) -> npt.NDArray[np.generic]:
        index = self._index(plane, row, column)
        return self._cache.get((self._page.offset, index), lambda: self._decode(index, row))

    def _decode(self, index: int, row: int) -> npt.NDArray[np.generic]:
        """Return one strip or tile as (rows, columns, contiguous samples)."""
        rows = self._rows if self._page.is_tiled else min(self._rows, self.height - row * self._rows)
        shape = (rows, self._columns, self._contiguous)
        offset, count = self._page.dataoffsets[index], self._page.databytecounts[index]
        if count == 0:  # a hole: never written, reads as nodata (0 where there is none)
            return np.full(shape, self._hole, dtype=self.dtype)
        try:
            decoded, _, _ = self._page.decode(
                self._source.read(offset, count), index, jpegtables=self._page.jpegtables
            )
            return self._fitted(np.asarray(decoded)[0], shape)
        except DAMAGED as error:
            raise SceneError(
                f"{self._source.path} cannot be decoded at row {row * self._rows} ({error}).",
                "The file is damaged there, or compressed in a way this program does not know.",
            ) from error

    def _fitted(
        self, decoded: npt.NDArray[np.generic], shape: tuple[int, int, int]
    ) -> npt.NDArray[np.generic]:
        """Return the piece at its full declared shape: codecs may return the visible part of edge tiles."""
        if decoded.ndim != 3 or decoded.shape[2] != shape[2]:
            raise ValueError(f"piece of shape {decoded.shape} instead of {shape}")
        if decoded.shape != shape:
            full = np.zeros(shape, dtype=self.dtype)
            rows, columns = min(shape[0], decoded.shape[0]), min(shape[1], decoded.shape[1])
            full[:rows, :columns] = decoded[:rows, :columns]
            return full
        return np.array(decoded, dtype=self.dtype)

    def _read_rows(self, window: Window, samples: tuple[int, ...], out: npt.NDArray[np.generic]) -> None:
        """Read uncompressed strips straight from the file: only the bytes of the window."""
        stored = np.dtype(self._page.dtype).newbyteorder(self._page.parent.byteorder)
        pixel = self._contiguous * stored.itemsize
        planes = samples if self.is_planar else (0,)
        for position, plane in enumerate(planes):
            for line in range(window.row_start, window.row_stop):
                strip, within = divmod(line, self._rows)
                index = plane * self._down + strip
                begin = (within * self.width + window.column_start) * pixel
                size = window.width * pixel
                if self._page.databytecounts[index] == 0:
                    (out[position] if self.is_planar else out)[..., line - window.row_start, :] = self._hole
                    continue
                if begin + size > self._page.databytecounts[index]:
                    raise SceneError(
                        f"{self._source.path} is cut off in row {line}.", "Copy or download the file again."
                    )
                raw = self._source.read(self._page.dataoffsets[index] + begin, size)
                values = np.frombuffer(raw, dtype=stored).reshape(window.width, self._contiguous)
                if self.is_planar:
                    out[position, line - window.row_start] = values[:, 0]
                else:
                    out[:, line - window.row_start] = values[:, list(samples)].T
