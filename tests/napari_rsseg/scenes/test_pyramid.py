"""Levels that a file lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_rsseg.scenes import Level, Window, open_scene
from napari_rsseg.scenes.halving import halved, halved_mask
from napari_rsseg.scenes.pyramid import Pyramid

if TYPE_CHECKING:
    import numpy.typing as npt

    from .conftest import WriteTiff


class Numbers:
    """Pixels held in memory that remember what was read of them."""

    def __init__(self, values: npt.NDArray[np.generic]) -> None:
        self.values = values
        self.read_px = 0

    @property
    def dtype(self) -> np.dtype[np.generic]:
        return self.values.dtype

    @property
    def levels(self) -> tuple[Level, ...]:
        return (Level(self.values.shape[1], self.values.shape[2], 1.0),)

    def read(self, window: Window, level: int, bands: tuple[int, ...]) -> npt.NDArray[np.generic]:
        self.read_px += window.height * window.width
        return self.values[(list(bands), *window.slices)]

    def mask(self, window: Window, level: int) -> npt.NDArray[np.bool_] | None:
        return None

    def close(self) -> None:
        pass


@given(arrays(np.uint16, st.tuples(st.just(2), st.integers(1, 9), st.integers(1, 9))))
def test_halving_is_the_rounded_mean_of_each_four(values: npt.NDArray[np.uint16]) -> None:
    result = halved(values, (None, None))
    padded = np.pad(values, ((0, 0), (0, values.shape[1] % 2), (0, values.shape[2] % 2)), mode="edge").astype(
        float
    )
    quarters = padded.reshape(2, padded.shape[1] // 2, 2, padded.shape[2] // 2, 2)
    np.testing.assert_array_equal(result, np.floor(quarters.mean(axis=(2, 4)) + 0.5))


@given(arrays(np.int16, (1, 6, 8), elements=st.sampled_from([-9999, 10, 30])))
def test_nodata_never_mixes_with_numbers(values: npt.NDArray[np.int16]) -> None:
    result = halved(values, (-9999,))[0]
    empty = (values[0] == -9999).reshape(3, 2, 4, 2).all(axis=(1, 3))
    np.testing.assert_array_equal(result == -9999, empty)
    assert ((result[~empty] >= 10) & (result[~empty] <= 30)).all()


def test_not_a_number_is_left_out_of_means() -> None:
    values = np.array(
        [[[1.0, np.nan], [3.0, np.inf]], [[np.nan, np.nan], [np.nan, np.nan]]], dtype=np.float32
    )
    result = halved(values, (None, None))
    assert result[0, 0, 0] == 2
    assert np.isnan(result[1, 0, 0])


def test_a_mask_survives_where_one_of_four_does() -> None:
    mask = np.zeros((3, 4), dtype=bool)
    mask[2, 3] = True
    assert halved_mask(mask).tolist() == [[False, False], [False, True]]


def test_levels_go_down_to_a_thousand_pixels() -> None:
    pyramid = Pyramid(Numbers(np.zeros((1, 5000, 3001), dtype=np.uint8)), (None,))
    assert [(level.height, level.width, level.downsample) for level in pyramid.levels] == [
        (5000, 3001, 1), (2500, 1501, 2), (1250, 751, 4), (625, 376, 8),
    ]  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_any_window_of_a_level_is_that_part_of_the_level(data: st.DataObject) -> None:
    values = np.random.default_rng(0).integers(0, 999, (2, 2100, 1500), dtype=np.uint16)
    pyramid = Pyramid(Numbers(values), (None, None))
    expected = halved(halved(values, (None, None)), (None, None))
    row, column = data.draw(st.integers(0, 500)), data.draw(st.integers(0, 370))
    window = Window(row, row + 20, column, column + 5)
    np.testing.assert_array_equal(
        pyramid.read(window, 2, (1, 0)), expected[(slice(None, None, -1), *window.slices)]
    )


def test_a_coarse_window_reads_what_lies_under_its_blocks_once() -> None:
    numbers = Numbers(np.zeros((1, 8192, 8192), dtype=np.uint8))
    pyramid = Pyramid(numbers, (None,))
    pyramid.read(Window(0, 10, 0, 10), 2, (0,))
    assert numbers.read_px == 2048**2
    pyramid.read(Window(100, 300, 50, 500), 2, (0,))
    assert numbers.read_px == 2048**2


@pytest.mark.parametrize("nodata", [None, 0])
def test_validity_of_computed_levels_follows_the_numbers(write_tiff: WriteTiff, nodata: float | None) -> None:
    written = np.full((1, 1100, 1200), 7, dtype=np.uint16)
    written[:, :301] = 0
    scene = open_scene(write_tiff(written, nodata=nodata, tiled=True, compress="deflate"))
    valid = scene.valid(Window.of(550, 600), level=1)
    assert valid[150].all()
    assert valid[:150].all() == (nodata is None)
