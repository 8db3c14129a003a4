from __future__ import annotations

import numpy as np

from rsseg_training.augmentation.photometric import (
    PhotometricDistortion,
    hsv_of,
    rotate_hue,
    scale_saturation,
    scale_shift,
)

IMAGE = np.random.default_rng(1).integers(0, 256, (12, 9, 3), dtype=np.uint8)


def test_levels_are_clipped_and_truncated() -> None:
    levels = np.array([[10, 101, 250]], dtype=np.uint8)
    assert scale_shift(levels, scale=1.5, shift=-20).tolist() == [[0, 131, 255]]


def test_no_saturation_is_grey_and_the_value_stays() -> None:
    grey = scale_saturation(IMAGE, 0.0)
    assert (grey == grey[..., :1]).all()
    np.testing.assert_array_equal(hsv_of(grey)[..., 2], hsv_of(IMAGE)[..., 2])


def test_a_hue_comes_back_after_a_whole_turn() -> None:
    np.testing.assert_array_equal(rotate_hue(IMAGE, 180), rotate_hue(IMAGE, 0))
    red = np.array([[[200, 0, 0]]], dtype=np.uint8)
    assert rotate_hue(red, 60).tolist() == [[[0, 200, 0]]]


def test_distortion_keeps_the_given_image_and_repeats_itself_from_one_seed() -> None:
    kept = IMAGE.copy()
    views = [PhotometricDistortion()(IMAGE, np.random.default_rng(seed)) for seed in (3, 3, 4, 5)]
    np.testing.assert_array_equal(IMAGE, kept)
    np.testing.assert_array_equal(views[0], views[1])
    assert any((view != IMAGE).any() for view in views)


def test_without_strength_only_rounding_changes_an_image() -> None:
    nothing = PhotometricDistortion(brightness=0, contrast=(1, 1), saturation=(1, 1), hue=1)
    for seed in range(8):
        grey = np.full((2, 2, 3), 90, dtype=np.uint8)
        np.testing.assert_array_equal(nothing(grey, np.random.default_rng(seed)), grey)
