from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.errors import DatasetError
from napari_rsseg.review import SamplePoint, allocate, count_classes, draw_points, window_around
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    import numpy.typing as npt

LABELS = np.full((60, 80), 0, dtype=np.uint8)
LABELS[10:20, 10:40] = 1
LABELS[50:53, 70:75] = 2
LABELS[0:5] = 255
BLOCKS = [
    Window(row, min(row + 32, 60), column, min(column + 32, 80))
    for row in range(0, 60, 32)
    for column in range(0, 80, 32)
]


def read(window: Window) -> npt.NDArray[np.uint8]:
    return LABELS[window.slices]


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=6).filter(any), st.integers(0, 400))
def test_an_allocation_adds_up_and_gives_rare_classes_their_share(pixels: list[int], extra: int) -> None:
    floor = sum(min(count, 20) for count in pixels)
    drawn = allocate(np.array(pixels), floor + extra)
    assert drawn.sum() == min(floor + extra, sum(pixels))
    assert all(min(count, 20) <= number <= count for count, number in zip(pixels, drawn, strict=True))


def test_a_sample_that_is_too_small_says_how_many_are_needed() -> None:
    with pytest.raises(DatasetError, match="at least 40"):
        allocate(np.array([900, 100]), 30)


def test_places_are_of_the_class_they_stand_for_and_none_comes_twice() -> None:
    counts = count_classes(read, BLOCKS, 3)
    points = draw_points(read, BLOCKS, counts, np.array([40, 25, 15]), seed=4)
    assert all(LABELS[point.row, point.column] == point.mapped for point in points)
    assert len({(point.row, point.column) for point in points}) == 80
    assert [sum(point.mapped == label for point in points) for label in range(3)] == [40, 25, 15]


def test_the_same_seed_draws_the_same_places_and_another_seed_others() -> None:
    counts = count_classes(read, BLOCKS, 3)
    drawn = [draw_points(read, BLOCKS, counts, np.array([9, 9, 9]), seed=seed) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_every_pixel_of_a_class_is_drawn_about_as_often() -> None:
    counts = count_classes(read, BLOCKS, 3)
    hits = np.zeros(LABELS.shape)
    for seed in range(400):
        for point in draw_points(read, BLOCKS, counts, np.array([0, 0, 5]), seed=seed):
            hits[point.row, point.column] += 1
    often = hits[LABELS == 2]
    assert often.sum() == 2000
    assert often.min() > 80
    assert often.max() < 190


def test_a_window_about_a_place_stays_in_the_scene() -> None:
    whole = Window(0, 60, 0, 80)
    assert window_around(SamplePoint(1, 79, 0), 16, whole) == Window(0, 16, 64, 80)
    assert window_around(SamplePoint(30, 40, 0), 16, whole) == Window(22, 38, 32, 48)
    assert window_around(SamplePoint(30, 40, 0), 100, whole) == whole
