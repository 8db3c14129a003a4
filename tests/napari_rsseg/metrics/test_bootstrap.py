from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from napari_rsseg.metrics import bootstrap_difference, bootstrap_interval, iou_of


def matrices(images: int, *, hit_share: float, seed: int = 3) -> npt.NDArray[np.int64]:
    generator = np.random.default_rng(seed)
    hits = generator.binomial(1000, hit_share, size=(images, 2))
    stack = np.zeros((images, 2, 2), dtype=np.int64)
    stack[:, 0, 0], stack[:, 1, 1] = hits[:, 0], hits[:, 1]
    stack[:, 0, 1], stack[:, 1, 0] = 1000 - hits[:, 0], 1000 - hits[:, 1]
    return stack


def test_the_value_is_that_of_the_pooled_images_and_lies_inside() -> None:
    stack = matrices(12, hit_share=0.7)
    interval = bootstrap_interval(stack, iou_of, resamples=500)
    assert interval.value == pytest.approx(iou_of(stack.sum(axis=0)))
    assert (interval.low < interval.value).all()
    assert (interval.value < interval.high).all()


def test_the_same_seed_gives_the_same_interval() -> None:
    stack = matrices(5, hit_share=0.6)
    first, again = (bootstrap_interval(stack, iou_of, resamples=200, seed=4) for _ in range(2))
    assert np.array_equal(first.low, again.low)
    assert np.array_equal(first.high, again.high)


def test_equal_images_leave_no_width() -> None:
    stack = np.repeat(matrices(1, hit_share=0.5), 6, axis=0)
    interval = bootstrap_interval(stack, iou_of, resamples=100)
    assert interval.low == pytest.approx(interval.value)
    assert interval.high == pytest.approx(interval.value)


def test_a_class_that_occurs_nowhere_has_no_interval() -> None:
    stack = np.zeros((4, 2, 2), dtype=np.int64)
    stack[:, 0, 0] = 9
    interval = bootstrap_interval(stack, iou_of, resamples=50)
    assert interval.value[0] == 1.0
    assert np.isnan([interval.value[1], interval.low[1], interval.high[1]]).all()


def test_seeds_are_averaged_and_draw_the_same_images() -> None:
    one, two = matrices(8, hit_share=0.6), matrices(8, hit_share=0.8, seed=9)
    interval = bootstrap_interval(np.stack([one, two]), iou_of, resamples=100)
    assert interval.value == pytest.approx((iou_of(one.sum(axis=0)) + iou_of(two.sum(axis=0))) / 2)


def test_an_interval_over_images_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(200):
        stack = matrices(40, hit_share=0.7, seed=seed)
        interval = bootstrap_interval(stack, iou_of, resamples=300, seed=seed)
        covered += bool(interval.low[0] <= 0.7 / 1.3 <= interval.high[0])
    assert 0.88 <= covered / 200 <= 0.99


def test_a_model_compared_with_itself_differs_by_nothing() -> None:
    stack = matrices(7, hit_share=0.6)
    difference = bootstrap_difference(stack, stack, iou_of, resamples=50)
    assert not difference.value.any()
    assert not difference.low.any()


def test_models_on_different_images_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="3 and 4 images"):
        bootstrap_difference(matrices(3, hit_share=0.5), matrices(4, hit_share=0.5), iou_of)
