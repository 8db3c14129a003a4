from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.engine.blending import axis_weights
from napari_rsseg.engine.tiling import TileGrid, overlap_px


@given(st.integers(1, 2000), st.sampled_from([32, 64, 100, 256]))
def test_weights_add_up_to_one_at_every_pixel(length: int, tile: int) -> None:
    starts = TileGrid(length, length, tile, overlap_px(tile)).row_starts
    total = np.zeros(starts[-1] + tile)
    for start, weights in zip(starts, axis_weights(starts, tile, overlap_px(tile)), strict=True):
        assert weights.min() >= 0
        total[start : start + tile] += weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_a_tile_fades_out_where_its_neighbour_takes_over_and_nowhere_else() -> None:
    first, second = axis_weights((0, 48), 64, 16)
    assert (first[:48] == 1).all()
    assert (np.diff(first[48:]) < 0).all()
    assert first[-1] < 0.01
    assert second[-1] == 1


def test_no_step_between_neighbouring_pixels_is_larger_than_the_ramp_asks_for() -> None:
    for weights in axis_weights((0, 192, 384), 256, 64):
        assert np.abs(np.diff(weights)).max() < np.pi / 2 / 64 * 1.01
