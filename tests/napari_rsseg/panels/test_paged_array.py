from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_rsseg.classes.scheme import CLOUD, IGNORED
from napari_rsseg.panels.paged_array import NUMPY_PX, PagedArray, make_id_array, squares
from napari_rsseg.scenes.windows import Window
from napari_rsseg.settings import cache_folder
from tests.label_bench import labelling_in, paint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

corner = st.tuples(st.integers(0, 90), st.integers(0, 60), st.integers(1, 40), st.integers(1, 40))


def test_small_scenes_stay_plain_arrays() -> None:
    assert isinstance(make_id_array(NUMPY_PX, 10), np.ndarray)
    assert isinstance(make_id_array(NUMPY_PX + 1, 10), PagedArray)


@settings(max_examples=20, deadline=None)
@given(boxes=st.lists(corner, min_size=1, max_size=4))
def test_pages_hold_what_was_written_and_coarse_levels_follow(boxes: Sequence[tuple[int, ...]]) -> None:
    paged, plain = PagedArray(100, 70), np.full((100, 70), IGNORED, np.uint8)
    for value, (row, column, height, width) in enumerate(boxes):
        slices = slice(row, min(row + height, 100)), slice(column, min(column + width, 70))
        values = np.full_like(plain[slices], value)
        paged[slices], plain[slices] = values, values
    assert np.array_equal(paged[:, :], plain)
    for step, level in paged.coarse.items():
        assert np.array_equal(level[:, :], plain[::step, ::step])


def test_pages_go_with_their_array() -> None:
    before = set((cache_folder() / "open").glob("*"))
    array = PagedArray(10, 10)
    assert set((cache_folder() / "open").glob("*")) > before
    del array
    gc.collect()
    assert set((cache_folder() / "open").glob("*")) == before


def test_squares_cover_a_window_once_and_stay_small_however_wide_it_is() -> None:
    hits = np.zeros((5000, 9000), np.uint8)
    for part in squares(Window(100, 5000, 3, 9000)):
        assert part.height <= 2048
        assert part.width <= 2048
        hits[part.slices] += 1
    assert (hits[100:, 3:] == 1).all()
    assert hits[:100].sum() + hits[:, :3].sum() == 0


def test_a_large_labelling_keeps_edits_like_a_small_one(tmp_path: Path) -> None:
    labelling = labelling_in(tmp_path, CLOUD, 9000, 600)
    assert labelling.is_paged
    window = Window(8400, 8912, 0, 512)
    first, second = (np.full(window.shape, value, np.uint8) for value in (1, 2))
    labelling.write(window, first, first)
    paint(labelling, Window(8400, 8410, 0, 10), 3)
    labelling.write(window, second, second)
    assert labelling.count_edited(labelling.window) == 100
    counts = labelling.count(labelling.window)
    assert (counts[2], counts[3]) == (512 * 512 - 100, 100)
    labelling.forget_prediction()
    assert labelling.count(labelling.window)[[1, 2, 3]].tolist() == [0, 0, 100]
