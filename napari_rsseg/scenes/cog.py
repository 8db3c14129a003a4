"""Cloud-optimised GeoTIFF, written in one pass and bounded memory.

Tiles are visited along a space-filling order, so that four neighbours become a tile of the next coarser
level as soon as they are written; compressed tiles wait in one temporary file. When all are there,
directories and tiles are put together in the order that the format asks for: directories, smallest overview
first, full size last.
GDAL's own driver is not used because it cannot repeat GeoTIFF keys that it does not understand.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.replacing import replacing
from napari_rsseg.scenes.tiff_entries import Entry, Flavour, directory_size, encode_directory
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["TILE_PX", "RasterLayout", "Tile", "write_cog"]

TILE_PX = 512
_CLASSIC_LIMIT = 2**32 - 2**20
_DEFLATE, _CONTIGUOUS = 8, 1
_PHOTOMETRIC = {"grey": 1, "rgb": 2, "palette": 3}
_SAMPLE_FORMATS = {"u": 1, "i": 2, "f": 3}

Tile = npt.NDArray[np.generic]  # (rows, columns, samples)


@dataclass(frozen=True)
class RasterLayout:
    """What a file holds beside its pixels.

    Attributes
    ----------
    height, width, samples : int
        Size in pixels, numbers per pixel.
    dtype : numpy dtype
        Of the numbers.
    photometric : {"grey", "rgb", "palette"}
        How the first samples are meant.
    nodata : str or None
        Number for "nothing measured" as GDAL writes it.
    entries : tuple of Entry
        Further tags of full size: georeference, metadata.
    palette : tuple of int
        768 numbers of 16 bits, all reds first; for ``palette``, repeated in the overviews.
    """

    height: int
    width: int
    samples: int
    dtype: np.dtype[np.generic]
    photometric: Literal["grey", "rgb", "palette"] = "grey"
    nodata: str | None = None
    entries: tuple[Entry, ...] = ()
    palette: tuple[int, ...] = ()

    @property
    def predictor(self) -> int:
        """Differences for numbers of 16 bits, none for ids (these repeat) and for floats."""
        return 2 if self.dtype == np.uint16 else 1

    def size(self, level: int) -> tuple[int, int]:
        """Return rows and columns of a level."""
        return -(-self.height // 2**level), -(-self.width // 2**level)

    def tiles(self, level: int) -> tuple[int, int]:
        """Return rows and columns of tiles of a level."""
        height, width = self.size(level)
        return -(-height // TILE_PX), -(-width // TILE_PX)

    @property
    def levels(self) -> int:
        """Number of levels: halved until one tile holds all."""
        level = 0
        while max(self.size(level)) > TILE_PX:
            level += 1
        return level + 1


@dataclass
class _Level:
    """Where the compressed tiles of one level wait."""

    starts: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]


def write_cog(
    path: Path,
    layout: RasterLayout,
    *,
    read: Callable[[Window], Tile],
    reduce: Callable[[Tile], Tile],
    overwrite: bool,
) -> None:
    """Write a file block by block; it appears under its name only when whole.

    Parameters
    ----------
    path : Path
        The file.
    layout : RasterLayout
        What it holds.
    read : callable
        Gives the numbers of a window of full size, (rows, columns, samples); each window is asked for once.
    reduce : callable
        Halves both sides of an array (even rows, even columns, samples).
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    with replacing(path, overwrite=overwrite) as temporary, tempfile.TemporaryFile(dir=path.parent) as spool:
        pyramid = _Pyramid(layout, spool, read, reduce)
        pyramid.build(layout.levels - 1, 0, 0)
        with temporary.open("wb") as file:
            _assemble(file, layout, pyramid.levels, spool)


@dataclass
class _Pyramid:
    layout: RasterLayout
    spool: IO[bytes]
    read: Callable[[Window], Tile]
    reduce: Callable[[Tile], Tile]
    levels: list[_Level] = field(init=False)

    def __post_init__(self) -> None:
        self.levels = [
            _Level(np.zeros(self.layout.tiles(level), np.int64), np.zeros(self.layout.tiles(level), np.int64))
            for level in range(self.layout.levels)
        ]

    def build(self, level: int, row: int, column: int) -> Tile:
        """Make a tile and all finer tiles under it; return it, filled up beyond the edge of the image."""
        if level == 0:
            window = Window(row * TILE_PX, (row + 1) * TILE_PX, column * TILE_PX, (column + 1) * TILE_PX)
            tile = self.read(window.intersection(Window.of(self.layout.height, self.layout.width)))
        else:
            tile = self._halved(level, row, column)
        tile = np.pad(
            tile.astype(self.layout.dtype, copy=False),
            ((0, TILE_PX - tile.shape[0]), (0, TILE_PX - tile.shape[1]), (0, 0)),
            mode="edge",
        )
        self._store(level, row, column, tile)
        return tile

    def _halved(self, level: int, row: int, column: int) -> Tile:
        rows, columns = self.layout.tiles(level - 1)
        quarters = np.empty((2 * TILE_PX, 2 * TILE_PX, self.layout.samples), dtype=self.layout.dtype)
        for child_row in range(2 * row, min(2 * row + 2, rows)):
            for child_column in range(2 * column, min(2 * column + 2, columns)):
                place = Window(0, TILE_PX, 0, TILE_PX).shifted(
                    (child_row - 2 * row) * TILE_PX, (child_column - 2 * column) * TILE_PX
                )
                quarters[place.slices] = self.build(level - 1, child_row, child_column)
        height, width = self.layout.size(level)
        used = (
            min(TILE_PX, height - row * TILE_PX),
            min(TILE_PX, width - column * TILE_PX),
        )
        return self.reduce(quarters[: 2 * used[0], : 2 * used[1]])

    def _store(self, level: int, row: int, column: int, tile: Tile) -> None:
        import imagecodecs

        if self.layout.predictor == 2:
            differences = tile.copy()
            np.subtract(tile[:, 1:], tile[:, :-1], out=differences[:, 1:])
            tile = differences
        packed = imagecodecs.deflate_encode(np.ascontiguousarray(tile).tobytes(), level=6)
        self.levels[level].starts[row, column] = self.spool.tell()
        self.levels[level].sizes[row, column] = len(packed)
        self.spool.write(packed)


def _assemble(file: IO[bytes], layout: RasterLayout, levels: list[_Level], spool: IO[bytes]) -> None:
    total = sum(int(level.sizes.sum()) for level in levels)
    flavour = Flavour(big=total + sum(level.sizes.size * 16 for level in levels) > _CLASSIC_LIMIT)
    unplaced = [_entries(layout, index, level, level.starts.ravel()) for index, level in enumerate(levels)]
    starts = [flavour.header_size]
    for entries in unplaced:
        starts.append(starts[-1] + directory_size(entries, flavour))
    place = starts[-1]
    offsets: dict[int, npt.NDArray[np.int64]] = {}
    for index in reversed(range(len(levels))):
        sizes = levels[index].sizes.ravel()
        offsets[index] = place + np.concatenate([[0], np.cumsum(sizes)[:-1]])
        place += int(sizes.sum())
    file.write(flavour.header())
    for index, level in enumerate(levels):
        following = starts[index + 1] if index + 1 < len(levels) else 0
        entries = _entries(layout, index, level, offsets[index])
        file.write(encode_directory(entries, flavour, start=starts[index], following=following))
    for level in reversed(levels):
        for start, size in zip(level.starts.ravel(), level.sizes.ravel(), strict=True):
            spool.seek(int(start))
            file.write(spool.read(int(size)))


def _entries(layout: RasterLayout, index: int, level: _Level, offsets: npt.NDArray[np.int64]) -> list[Entry]:
    height, width = layout.size(index)
    samples, bits = layout.samples, layout.dtype.itemsize * 8
    colours = 3 if layout.photometric == "rgb" else 1
    entries = [
        Entry(254, "long", (1 if index else 0,)),
        Entry(256, "long", (width,)),
        Entry(257, "long", (height,)),
        Entry(258, "short", (bits,) * samples),
        Entry(259, "short", (_DEFLATE,)),
        Entry(262, "short", (_PHOTOMETRIC[layout.photometric],)),
        Entry(277, "short", (samples,)),
        Entry(284, "short", (_CONTIGUOUS,)),
        Entry(322, "short", (TILE_PX,)),
        Entry(323, "short", (TILE_PX,)),
        Entry(324, "offset", offsets.tolist()),
        Entry(325, "long", level.sizes.ravel().tolist()),
        Entry(339, "short", (_SAMPLE_FORMATS[layout.dtype.kind],) * samples),
    ]
    if layout.predictor != 1:
        entries.append(Entry(317, "short", (layout.predictor,)))
    if samples > colours:
        entries.append(Entry(338, "short", (0,) * (samples - colours)))
    if layout.palette:
        entries.append(Entry(320, "short", layout.palette))
    if layout.nodata is not None:
        entries.append(Entry(42113, "ascii", layout.nodata))
    return [*entries, *layout.entries] if index == 0 else entries
