"""Objects in a region, their borders and holes, and specks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.tools import (
    ObjectFilter,
    components,
    delete_objects,
    drop_specks,
    fill_holes,
    grow,
    merge_objects,
    pixels_of_area,
    replace_objects,
    shrink,
    smooth,
)
from napari_rsseg.scenes.windows import Window
from tests.array_ground import ArrayGround

if TYPE_CHECKING:
    from napari_rsseg.editing.tools import Seen


def blocks() -> ArrayGround:
    """A background of 0 with squares: 1 of 4 px, 2 of 9 px and of 36 px."""
    ids = np.zeros((20, 30), np.uint8)
    ids[2:4, 2:4] = 1
    ids[2:5, 10:13] = 2
    ids[10:16, 10:16] = 2
    return ArrayGround(ids)


WHOLE = np.array([[-1, -1], [-1, 30], [20, 30], [20, -1]], float)
TOP = np.array([[-1, -1], [-1, 30], [8, 30], [8, -1]], float)
NOT_BACKGROUND = frozenset({1, 2})


@pytest.mark.parametrize(
    ("wanted", "pixels"),
    [
        (ObjectFilter(classes=NOT_BACKGROUND), 13),
        (ObjectFilter(classes=frozenset({2})), 9),
        (ObjectFilter(classes=NOT_BACKGROUND, most_px=4), 4),
        (ObjectFilter(classes=NOT_BACKGROUND, least_px=5), 9),
        (ObjectFilter(classes=NOT_BACKGROUND, least_px=5, most_px=8), 0),
    ],
    ids=["class", "one class", "small", "large", "none"],
)
def test_objects_are_replaced_by_class_and_size_inside_the_region(wanted: ObjectFilter, pixels: int) -> None:
    ground = blocks()
    operation = replace_objects(ground, TOP, wanted, 3)
    assert np.count_nonzero(ground.after(operation) == 3) == pixels


def test_the_size_of_an_object_is_that_of_the_whole_also_where_the_region_cuts_it() -> None:
    ground = blocks()
    cut = np.array([[-1, -1], [-1, 30], [11.5, 30], [11.5, -1]], float)
    wanted = ObjectFilter(classes=frozenset({2}), least_px=30)
    operation = replace_objects(ground, cut, wanted, 3)
    assert np.count_nonzero(ground.after(operation) == 3) == 12, "two of its six rows lie inside"


def test_objects_of_which_the_model_was_sure_stay() -> None:
    ground = blocks()
    ground.sureness[:] = 240
    ground.sureness[2:5, 10:13] = 120
    wanted = ObjectFilter(classes=NOT_BACKGROUND, below_confidence=0.6)
    after = ground.after(delete_objects(ground, WHOLE, wanted, 0))
    assert (after[2:5, 10:13] == 0).all()
    assert (after[2:4, 2:4] == 1).all()


def test_deleted_objects_become_background_or_what_lies_around_them() -> None:
    ground = blocks()
    wanted = ObjectFilter(classes=frozenset({1}))
    assert (ground.after(delete_objects(ground, WHOLE, wanted, 0))[:8, :8] == 0).all()
    ground.ids[ground.ids == 0] = 4
    assert (ground.after(delete_objects(ground, WHOLE, wanted, None))[:8, :8] == 4).all()


def test_merged_objects_take_the_class_of_the_largest_among_them() -> None:
    ground = blocks()
    after = ground.after(merge_objects(ground, WHOLE, ObjectFilter(classes=NOT_BACKGROUND)))
    assert np.count_nonzero(after == 2) == 49
    assert np.count_nonzero(after == 1) == 0
    assert merge_objects(ground, WHOLE, ObjectFilter(classes=frozenset({9}))) is None


def test_small_landslides_of_a_real_mask_are_deleted_in_one_step(hokkaido: tuple[ArrayGround, Seen]) -> None:
    ground, _ = hokkaido
    region = np.array([[300, 350], [300, 800], [700, 800], [700, 350]], float)
    wanted = ObjectFilter(classes=frozenset({1}), most_px=20)
    after = ground.after(delete_objects(ground, region, wanted, 0))
    numbers, count = ndimage.label(ground.ids == 1, structure=np.ones((3, 3)))
    sizes = np.bincount(numbers.ravel())
    inside = np.zeros(ground.ids.shape, bool)
    inside[1:-1, 1:-1] = True  # pixels on the outline itself may fall on either side
    small = (sizes[numbers] <= 20) & (numbers > 0) & inside
    assert count > 20
    assert small.any()
    assert (after[small] == 0).all()
    assert (after[(numbers > 0) & (sizes[numbers] > 20)] == 1).all()


def test_grow_and_shrink_move_the_border_of_one_object() -> None:
    ground = blocks()
    grown = ground.after(grow(ground, (12, 12), 1))
    assert np.count_nonzero(grown[8:18, 8:18] == 2) == 36 + 4 * 6
    assert np.count_nonzero(grown[:8] == 2) == 9, "the other object of the class stays"
    shrunk = ground.after(shrink(ground, (12, 12), 1))
    assert np.count_nonzero(shrunk[8:18, 8:18] == 2) == 16
    assert set(np.unique(shrunk)) == {0, 1, 2}
    assert (ground.after(shrink(ground, (3, 3), 5))[:5, :5] == 0).all(), "all of a small one goes"


def test_what_is_shrunk_beside_nothing_becomes_nothing() -> None:
    ground = ArrayGround(np.full((7, 7), IGNORED, np.uint8))
    ground.ids[2:5, 2:5] = 1
    after = ground.after(shrink(ground, (3, 3), 1))
    assert np.count_nonzero(after == 1) == 1
    assert np.count_nonzero(after == IGNORED) == 48


def test_borders_of_what_is_not_labelled_cannot_be_moved_and_all_of_the_ground_has_no_border() -> None:
    ground = ArrayGround(np.full((5, 5), IGNORED, np.uint8))
    assert grow(ground, (2, 2), 2) is None
    assert shrink(ground, (2, 2), 2) is None
    assert fill_holes(ground, (2, 2)) is None
    ground.ids[:] = 1
    assert shrink(ground, (2, 2), 2) is None


@given(seed=st.integers(0, 500), pixels=st.integers(1, 4))
def test_growing_takes_exactly_what_lies_within_reach(seed: int, pixels: int) -> None:
    random = np.random.default_rng(seed)
    ids = ndimage.median_filter((random.random((40, 40)) < 0.4).astype(np.uint8), 5)
    ids[20, 20] = 1
    ground = ArrayGround(ids, corner=(7, 3))
    numbers, _ = ndimage.label(ids == 1, structure=np.ones((3, 3)))
    near = ndimage.distance_transform_edt(numbers != numbers[20, 20]) <= pixels
    after = ground.after(grow(ground, (27, 23), pixels))
    assert np.array_equal(after == 1, near | (ids == 1))


def test_holes_are_filled_up_to_a_size() -> None:
    ids = np.zeros((20, 20), np.uint8)
    ids[2:18, 2:18] = 1
    ids[4:6, 4:6] = 0
    ids[10:15, 10:15] = 2
    ground = ArrayGround(ids)
    assert (ground.after(fill_holes(ground, (2, 2)))[2:18, 2:18] == 1).all()
    after = ground.after(fill_holes(ground, (2, 2), most_px=4))
    assert (after[4:6, 4:6] == 1).all()
    assert (after[10:15, 10:15] == 2).all()
    ids[4, :4] = 0  # a bay is no hole
    assert (ground.after(fill_holes(ground, (2, 2), most_px=4))[4, :4] == 0).all()


def test_smoothing_takes_tips_and_leaves_straight_borders_and_silence() -> None:
    ids = np.zeros((40, 40), np.uint8)
    ids[:, 20:] = 1
    ids[20, 10:20] = 1
    ids[:5] = IGNORED
    ground = ArrayGround(ids)
    after = ground.after(smooth(ground, ground.extent, 1.5))
    assert (after[20, 10:17] == 0).all()
    assert (after[:5] == IGNORED).all()
    assert np.array_equal(after[30:38], ids[30:38])


@given(split=st.integers(1, 59), seed=st.integers(0, 200))
def test_smoothing_in_two_parts_is_smoothing_the_whole(split: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    ids = np.kron(random.integers(0, 3, (6, 6), dtype=np.uint8), np.ones((10, 10), np.uint8))
    ground = ArrayGround(ids)
    whole = ground.after(smooth(ground, ground.extent, 2))
    left = ground.after(smooth(ground, Window(0, 60, 0, split), 2))
    right = ground.after(smooth(ground, Window(0, 60, split, 60), 2))
    assert np.array_equal(np.hstack([left[:, :split], right[:, split:]]), whole)


def test_specks_of_a_real_mask_are_gone_and_larger_objects_untouched(
    hokkaido: tuple[ArrayGround, Seen],
) -> None:
    ground, _ = hokkaido
    operation = drop_specks(ground, ground.extent, 10)
    after = ground.after(operation)
    numbers, sizes = components(ground.ids)
    large = (sizes[numbers] >= 10) & (numbers > 0)
    assert operation is not None, "the preview is the operation"
    assert np.array_equal(after[large], ground.ids[large])
    left, left_sizes = components(after)
    assert np.count_nonzero((left_sizes[left] < 10) & (left > 0)) == 0


@given(seed=st.integers(0, 300), least=st.integers(1, 12), split=st.integers(1, 39))
def test_specks_are_the_same_whether_a_scene_is_cleaned_whole_or_in_parts(
    seed: int, least: int, split: int
) -> None:
    random = np.random.default_rng(seed)
    ground = ArrayGround((random.random((24, 40)) < 0.3).astype(np.uint8))
    numbers, sizes = components(ground.ids)
    small = sizes[numbers] < least
    for window in (Window(0, 24, 0, split), Window(0, 24, split, 40)):
        changed = ground.changed(drop_specks(ground, window, least))[window.slices]
        assert not (changed & ~small[window.slices]).any()


def test_areas_become_pixels_of_the_scene() -> None:
    assert pixels_of_area(900, 30.0) == 1
    assert pixels_of_area(901, 30.0) == 2
    assert pixels_of_area(7, None) == 7
    assert pixels_of_area(0, 10.0) == 0
