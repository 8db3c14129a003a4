"""Fill, reassign, smart fill, superpixels: what hangs together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.tools import (
    class_at,
    collected,
    component_at,
    divide,
    fill,
    reassign,
    smart_fill,
)
from napari_rsseg.editing.tools.ground import Seen
from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.windows import Window
from tests.array_ground import ArrayGround

if TYPE_CHECKING:
    from napari_rsseg.editing.tools import SuperpixelKind

DIAGONAL = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 1]], np.uint8)


def largest_object(
    ground: ArrayGround,
) -> tuple[tuple[int, int], np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Return a place in the largest landslide, and the object, found by scipy."""
    numbers, _ = ndimage.label(ground.ids == 1, structure=np.ones((3, 3)))
    largest = int(np.bincount(numbers.ravel())[1:].argmax()) + 1
    row, column = np.argwhere(numbers == largest)[0]
    return (int(row) + ground.corner[0], int(column) + ground.corner[1]), numbers == largest


def test_a_landslide_is_reassigned_as_a_whole(hokkaido: tuple[ArrayGround, Seen]) -> None:
    ground, _ = hokkaido
    place, expected = largest_object(ground)
    operation = reassign(ground, place, 0)
    assert np.array_equal(ground.changed(operation), expected)
    assert (ground.after(operation)[expected] == 0).all()


def test_nothing_is_done_where_the_class_is_there_already_or_nothing_is() -> None:
    ground = ArrayGround(np.array([[1, 255]], np.uint8))
    assert fill(ground, (0, 0), 1) is None
    assert reassign(ground, (0, 0), 1) is None
    assert reassign(ground, (0, 1), 1) is None, "what is not labelled is no object"
    assert fill(ground, (0, 1), 1) is not None
    assert fill(ground, (0, 9), 1) is None
    assert class_at(ground, (-1, 0)) is None


def test_fill_goes_over_edges_and_objects_over_corners_too() -> None:
    ground = ArrayGround(DIAGONAL)
    assert np.count_nonzero(ground.changed(fill(ground, (0, 0), 0))) == 3
    assert np.count_nonzero(ground.changed(reassign(ground, (0, 0), 0))) == 6


@given(
    seed=st.integers(0, 10_000), row=st.integers(0, 699), column=st.integers(0, 499), diagonal=st.booleans()
)
def test_a_component_is_what_labelling_the_whole_array_says(
    seed: int, row: int, column: int, *, diagonal: bool
) -> None:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 3, (14, 10), dtype=np.uint8)
    ground = ArrayGround(np.kron(coarse, np.ones((50, 50), np.uint8)), corner=(40, 30))
    found = component_at(ground, (row + 40, column + 30), diagonal=diagonal)
    assert found is not None
    same = ground.ids == ground.ids[row, column]
    numbers, _ = ndimage.label(same, structure=np.ones((3, 3)) if diagonal else None)
    expected = numbers == numbers[row, column]
    mask = np.zeros(ground.ids.shape, bool)
    mask[found[0].within(ground.extent).slices] = found[1]
    assert np.array_equal(mask, expected)


def test_smart_fill_takes_what_looks_alike_and_hangs_together(hokkaido: tuple[ArrayGround, Seen]) -> None:
    ground, seen = hokkaido
    _, expected = largest_object(ground)
    rows, columns = np.nonzero(ndimage.binary_erosion(expected, iterations=3))
    middle = (int(rows[0]) + ground.corner[0], int(columns[0]) + ground.corner[1])
    few = smart_fill(ground, seen, middle, 1, tolerance=0.02)
    many = smart_fill(ground, seen, middle, 1, tolerance=0.2)
    assert few is not None
    assert many is not None
    inside = ground.changed(few)
    assert inside[middle[0] - ground.corner[0], middle[1] - ground.corner[1]]
    assert not (inside & ~ground.changed(many)).any(), "more tolerance takes more"
    assert ndimage.label(inside)[1] == 1
    assert smart_fill(ground, seen, (0, 0), 1, tolerance=0.2) is None


def test_smart_fill_stops_where_the_model_was_of_another_confidence() -> None:
    sureness = np.array([[250, 245, 200, 250, 255]], np.uint8)
    ground = ArrayGround(np.zeros((1, 5), np.uint8), sureness=sureness)
    grey = Seen(Window.of(1, 5), np.full((1, 5, 3), 0.5, np.float32))
    operation = smart_fill(ground, grey, (0, 0), 1, tolerance=0.1, confidence_tolerance=0.1)
    assert ground.changed(operation).tolist() == [[True, True, False, False, False]]
    silent = smart_fill(ground, grey, (0, 4), 1, tolerance=0.1, confidence_tolerance=0.1)
    assert ground.changed(silent).tolist() == [[False, False, False, False, True]]


@pytest.mark.parametrize("kind", ["slic", "felzenszwalb"])
def test_superpixels_of_a_real_view_cover_it_and_a_click_takes_one(
    hokkaido: tuple[ArrayGround, Seen], kind: SuperpixelKind
) -> None:
    ground, seen = hokkaido
    superpixels = divide(seen, kind, 12)
    count = len(np.unique(superpixels.numbers))
    assert 200 < count < 5000
    row, column = 450, 500
    operation = collected(superpixels, np.array([[row, column]], float), 1)
    number = superpixels.numbers[row - 300, column - 350]
    assert np.array_equal(ground.changed(operation), superpixels.numbers == number)


def test_a_drag_collects_every_superpixel_on_its_way(hokkaido: tuple[ArrayGround, Seen]) -> None:
    ground, seen = hokkaido
    superpixels = divide(seen, "slic", 12)
    path = np.array([[450.0, 400.0], [450.0, 600.0]])
    operation = collected(superpixels, path, 1)
    crossed = np.unique(superpixels.numbers[150, 50:251])
    assert len(crossed) > 10
    assert np.array_equal(ground.changed(operation), np.isin(superpixels.numbers, crossed))


def test_a_drag_beside_the_view_collects_nothing(hokkaido: tuple[ArrayGround, Seen]) -> None:
    superpixels = divide(hokkaido[1], "slic", 40)
    assert collected(superpixels, np.array([[0.0, 0.0], [10.0, 0.0]]), 1) is None


def test_a_picture_of_another_size_than_its_window_is_refused() -> None:
    with pytest.raises(SceneError, match="0:2,0:2 came as an array"):
        Seen(Window.of(2, 2), np.zeros((2, 3, 3), np.float32))


def test_reassigning_nothing_said_is_left_to_fill() -> None:
    ground = ArrayGround(np.full((3, 3), IGNORED, np.uint8))
    assert (ground.after(fill(ground, (1, 1), 4)) == 4).all()
