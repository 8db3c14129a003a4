from __future__ import annotations

import numpy as np
import pytest

from rsseg_training.augmentation.translandseg_pipeline import (
    ColourJitter,
    jittered,
    squashed_image,
    squashed_mask,
    validation_indices,
)

IMAGE = np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)


def test_an_image_is_squashed_to_a_square_and_normalised() -> None:
    grey = np.full((6, 10, 3), 255, dtype=np.uint8)
    values = squashed_image(grey, 16)
    assert values.shape == (3, 16, 16)
    np.testing.assert_allclose(values[:, 3, 3], (1 - np.array([0.485, 0.456, 0.406])) / [0.229, 0.224, 0.225])


def test_a_mask_of_0_and_255_becomes_0_and_1_and_one_of_0_and_1_has_no_landslide() -> None:
    mask = np.zeros((4, 4), dtype=np.uint8)
    mask[:2] = 255
    assert squashed_mask(mask, 8).tolist() == [[[1.0] * 8] * 4 + [[0.0] * 8] * 4]
    assert not squashed_mask(mask // 255, 8).any()


def test_a_factor_of_one_leaves_the_colours() -> None:
    for change in ("brightness", "contrast", "saturation"):
        np.testing.assert_array_equal(jittered(IMAGE, change, 1.0), IMAGE)


def test_a_jitter_changes_the_colours_and_not_the_size_and_repeats_with_its_generator() -> None:
    first, second = (ColourJitter()(IMAGE, np.random.default_rng(3)) for _ in range(2))
    assert first.shape == IMAGE.shape
    assert (first != IMAGE).any()
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(("count", "kept"), [(1, 1), (10, 4), (20, 7), (770, 232)])
def test_three_tenths_and_one_image_are_kept_for_validation_each_once(count: int, kept: int) -> None:
    chosen = validation_indices(count)
    assert len(set(chosen.tolist())) == len(chosen) == kept
    assert set(chosen.tolist()) <= set(range(count))
