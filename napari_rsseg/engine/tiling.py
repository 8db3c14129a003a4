"""Where tiles and blocks lie: fixed by the scene's size and the model alone, never by what was asked for.

Tiles are what the network sees. Along each axis they start at 0 and follow each other with a fixed step; the
last one ends with the scene (mmsegmentation's sliding window). Neighbouring tiles are grouped, and a group is
always run as one batch, so that even the batch a tile shares is fixed by the scene. Blocks are what is stored
and reported: a grid anchored at the scene's first pixel. A block needs every tile that touches it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["BlockGrid", "TileGrid", "block_side", "by_distance", "overlap_px"]

CHUNK_PX = 512
"""Side of the chunks of everything stored per pixel."""

_NEIGHBOURHOOD_PX = 2048  # blocks are taken neighbourhood by neighbourhood, so that tiles are shared


def block_side(tile_px: int) -> int:
    """Return the side in pixels of the blocks for a tile side: whole chunks, at least one tile."""
    return CHUNK_PX * -(-tile_px // CHUNK_PX)


def overlap_px(tile_px: int) -> int:
    """Return how many pixels neighbouring tiles share: a quarter of their side."""
    return tile_px // 4


@dataclass(frozen=True)
class TileGrid:
    """The tiles of a raster.

    Parameters
    ----------
    height, width : int
        Size of the raster in pixels.
    tile_px : int
        Side of a tile in pixels; a raster smaller than that has one tile, which reaches beyond it.
    overlap_px : int
        Pixels shared by neighbours, less than half a tile.
    group_side : int
        Tiles per side of a group, the unit of one batch.
    """

    height: int
    width: int
    tile_px: int
    overlap_px: int
    group_side: int = 1

    def __post_init__(self) -> None:
        assert 0 <= 2 * self.overlap_px < self.tile_px
        assert self.group_side >= 1

    @cached_property
    def row_starts(self) -> tuple[int, ...]:
        """First row of each row of tiles."""
        return _starts(self.height, self.tile_px, self.overlap_px)

    @cached_property
    def column_starts(self) -> tuple[int, ...]:
        """First column of each column of tiles."""
        return _starts(self.width, self.tile_px, self.overlap_px)

    def window(self, tile: tuple[int, int]) -> Window:
        """Return the pixels of a tile, given its row and column in the grid."""
        row = self.row_starts[tile[0]]
        column = self.column_starts[tile[1]]
        return Window(row, row + self.tile_px, column, column + self.tile_px)

    def touching(self, window: Window) -> list[tuple[int, int]]:
        """Return the tiles that share a pixel with a window, row by row."""
        rows = _touching(self.row_starts, self.tile_px, window.row_start, window.row_stop)
        columns = _touching(self.column_starts, self.tile_px, window.column_start, window.column_stop)
        return [(row, column) for row in rows for column in columns]

    def group_of(self, tile: tuple[int, int]) -> tuple[int, int]:
        """Return the group a tile belongs to."""
        return tile[0] // self.group_side, tile[1] // self.group_side

    def members(self, group: tuple[int, int]) -> list[tuple[int, int]]:
        """Return the tiles of a group, row by row; fewer at the last edges of the raster."""
        first_row, first_column = group[0] * self.group_side, group[1] * self.group_side
        rows = range(first_row, min(first_row + self.group_side, len(self.row_starts)))
        columns = range(first_column, min(first_column + self.group_side, len(self.column_starts)))
        return [(row, column) for row in rows for column in columns]

    def groups_for(self, window: Window) -> list[tuple[int, int]]:
        """Return the groups with a tile that touches a window, row by row."""
        return sorted({self.group_of(tile) for tile in self.touching(window)})

    def alone(self, tile: tuple[int, int]) -> Window:
        """Return the pixels of the raster that no other tile touches."""
        row = _alone(self.row_starts, self.tile_px, tile[0], self.height)
        column = _alone(self.column_starts, self.tile_px, tile[1], self.width)
        return Window(*row, *column)

    def first_part(self, window: Window, view: Window) -> Window:
        """Return the part of a window that one tile determines: the one of which most is in view."""

        def worth(part: Window) -> tuple[int, int]:
            seen = part.intersection(view)
            return seen.height * seen.width, part.height * part.width

        return max((self.alone(tile).intersection(window) for tile in self.touching(window)), key=worth)

    def extent(self, groups: Iterable[tuple[int, int]]) -> Window:
        """Return the smallest window of the raster that holds all pixels of these groups."""
        windows = [self.window(tile) for group in groups for tile in self.members(group)]
        return Window(
            min(window.row_start for window in windows),
            max(window.row_stop for window in windows),
            min(window.column_start for window in windows),
            max(window.column_stop for window in windows),
        ).intersection(Window.of(self.height, self.width))


@dataclass(frozen=True)
class BlockGrid:
    """The blocks of a raster: squares of ``side`` pixels from its first pixel on, cut at its last edges."""

    height: int
    width: int
    side: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of blocks."""
        return -(-self.height // self.side), -(-self.width // self.side)

    def window(self, block: tuple[int, int]) -> Window:
        """Return the pixels of a block."""
        row, column = block[0] * self.side, block[1] * self.side
        return Window(row, min(row + self.side, self.height), column, min(column + self.side, self.width))

    def touching(self, region: Window) -> Iterator[tuple[int, int]]:
        """Yield the blocks that share a pixel with a region, row by row."""
        inside = region.intersection(Window.of(self.height, self.width))
        if inside.is_empty:
            return
        for row in range(inside.row_start // self.side, -(-inside.row_stop // self.side)):
            for column in range(inside.column_start // self.side, -(-inside.column_stop // self.side)):
                yield row, column


def by_distance(blocks: Iterable[tuple[int, int]], side: int, view: Window) -> list[tuple[int, int]]:
    """Order blocks so that those in view come first and then those nearest to it.

    Blocks out of view are taken neighbourhood by neighbourhood: tiles are shared between the blocks of one.
    """
    per_neighbourhood = max(1, _NEIGHBOURHOOD_PX // side)
    centre_row = (view.row_start + view.row_stop) / 2
    centre_column = (view.column_start + view.column_stop) / 2

    def key(block: tuple[int, int]) -> tuple[float, ...]:
        window = Window(block[0] * side, block[0] * side + side, block[1] * side, block[1] * side + side)
        centre = (window.row_start + side / 2 - centre_row, window.column_start + side / 2 - centre_column)
        if not window.intersection(view).is_empty:
            return (0.0, centre[0] ** 2 + centre[1] ** 2, *block)
        row, column = block[0] // per_neighbourhood, block[1] // per_neighbourhood
        size = per_neighbourhood * side
        away = _gap(row * size, row * size + size, view.row_start, view.row_stop) ** 2
        away += _gap(column * size, column * size + size, view.column_start, view.column_stop) ** 2
        return (1.0 + away, row, column, *block)

    return sorted(blocks, key=key)


def _gap(start: int, stop: int, other_start: int, other_stop: int) -> float:
    return float(max(0, other_start - stop, start - other_stop))


def _starts(length: int, tile: int, overlap: int) -> tuple[int, ...]:
    if length <= tile:
        return (0,)
    step = tile - overlap
    count = -(-(length - tile) // step) + 1
    return tuple(min(index * step, length - tile) for index in range(count))


def _alone(starts: tuple[int, ...], tile: int, index: int, length: int) -> tuple[int, int]:
    first = 0 if index == 0 else starts[index - 1] + tile
    stop = length if index == len(starts) - 1 else starts[index + 1]
    return first, max(first, stop)


def _touching(starts: tuple[int, ...], tile: int, start: int, stop: int) -> range:
    first = next(index for index, begin in enumerate(starts) if begin + tile > start)
    last = max(index for index, begin in enumerate(starts) if begin < stop)
    return range(first, last + 1)
