from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.engine.tiling import BlockGrid, TileGrid, block_side, by_distance, overlap_px
from napari_rsseg.scenes import Window

SIZES = st.integers(1, 3000)


@st.composite
def grids(draw: st.DrawFn) -> TileGrid:
    tile = draw(st.sampled_from([32, 64, 96, 256, 1024]))
    return TileGrid(draw(SIZES), draw(SIZES), tile, overlap_px(tile), draw(st.sampled_from([1, 2, 4])))


@st.composite
def windows_in(draw: st.DrawFn, height: int, width: int) -> Window:
    row, column = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    return Window(row, draw(st.integers(row + 1, height)), column, draw(st.integers(column + 1, width)))


@given(grids())
def test_tiles_leave_no_pixel_out_and_share_at_least_the_overlap(grid: TileGrid) -> None:
    for starts, length in ((grid.row_starts, grid.height), (grid.column_starts, grid.width)):
        assert starts[0] == 0
        assert starts[-1] == max(0, length - grid.tile_px)
        steps = [after - before for before, after in itertools.pairwise(starts)]
        assert all(0 < step <= grid.tile_px - grid.overlap_px for step in steps)


@given(st.data(), grids())
def test_the_tiles_of_a_window_are_those_that_share_a_pixel_with_it(
    data: st.DataObject, grid: TileGrid
) -> None:
    window = data.draw(windows_in(grid.height, grid.width))
    every = [
        (row, column) for row in range(len(grid.row_starts)) for column in range(len(grid.column_starts))
    ]
    sharing = [tile for tile in every if not grid.window(tile).intersection(window).is_empty]
    assert grid.touching(window) == sharing


@given(st.data(), grids())
def test_groups_hold_each_tile_once_and_their_extent_holds_all_pixels_needed(
    data: st.DataObject, grid: TileGrid
) -> None:
    window = data.draw(windows_in(grid.height, grid.width))
    groups = grid.groups_for(window)
    members = [tile for group in groups for tile in grid.members(group)]
    assert len(set(members)) == len(members)
    assert set(grid.touching(window)) <= set(members)
    extent = grid.extent(groups)
    assert extent.contains(window)
    assert Window.of(grid.height, grid.width).contains(extent)


@given(st.data(), SIZES, SIZES, st.sampled_from([512, 1024]))
def test_blocks_cover_a_region_without_overlap(
    data: st.DataObject, height: int, width: int, side: int
) -> None:
    grid = BlockGrid(height, width, side)
    region = data.draw(windows_in(height, width))
    windows = [grid.window(block) for block in grid.touching(region)]
    covered = sum(
        window.intersection(region).height * window.intersection(region).width for window in windows
    )
    assert covered == region.height * region.width
    assert all(not window.intersection(region).is_empty for window in windows)


@given(st.data())
def test_blocks_in_view_come_before_all_others(data: st.DataObject) -> None:
    grid = BlockGrid(6000, 5000, 512)
    view = data.draw(windows_in(6000, 5000))
    blocks = list(grid.touching(Window.of(6000, 5000)))
    ordered = by_distance(blocks, 512, view)
    assert sorted(ordered) == blocks
    seen = [not grid.window(block).intersection(view).is_empty for block in ordered]
    assert seen == sorted(seen, reverse=True)


def test_a_region_beyond_the_scene_touches_no_block() -> None:
    assert list(BlockGrid(100, 100, 512).touching(Window(200, 300, 0, 50))) == []


def test_a_block_is_never_smaller_than_a_tile() -> None:
    assert [block_side(tile) for tile in (64, 512, 513, 1024)] == [512, 512, 1024, 1024]


@given(st.data(), grids())
def test_the_first_part_of_a_window_needs_one_tile(data: st.DataObject, grid: TileGrid) -> None:
    window, view = (data.draw(windows_in(grid.height, grid.width)) for _ in range(2))
    part = grid.first_part(window, view)
    assert part.is_empty or (window.contains(part) and len(grid.touching(part)) == 1)
    if len(grid.touching(window)) == 1:
        assert part == window
