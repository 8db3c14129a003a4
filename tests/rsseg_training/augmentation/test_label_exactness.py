from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rsseg_training.augmentation import (
    CloudCompositing,
    Haze,
    RadiometricJitter,
    RandomZoomCrop,
    Sample,
    orient,
    random_orientation,
)

seeds = st.integers(0, 2**32 - 1)
sides = st.integers(5, 70)


def coded(height: int, width: int, seed: int) -> Sample:
    """A sample whose every pixel shows its own label: image = label / 255."""
    labels = np.random.default_rng(seed).integers(0, 4, (height, width)).astype(np.uint8)
    labels[0, 0] = 255
    return Sample(np.repeat(labels[None].astype(np.float32) / 255, 3, axis=0), labels)


@given(seed=seeds, height=sides, width=sides)
def test_orientations_move_pixels_and_labels_alike(seed: int, height: int, width: int) -> None:
    turned = random_orientation(coded(height, width, seed), np.random.default_rng(seed))
    np.testing.assert_array_equal(np.rint(turned.image[0] * 255), turned.labels)


@given(seed=seeds)
def test_the_eight_orientations_differ(seed: int) -> None:
    sample = coded(6, 6, seed)
    image = np.arange(108, dtype=np.float32).reshape(3, 6, 6)
    seen = {orient(Sample(image, sample.labels), k).image.tobytes() for k in range(8)}
    assert len(seen) == 8


@given(seed=seeds, height=sides, width=sides, size=st.integers(16, 64))
def test_a_crop_at_its_own_scale_is_a_part_of_the_image_and_nothing_beyond_has_a_label(
    seed: int, height: int, width: int, size: int
) -> None:
    crop = RandomZoomCrop(size)(coded(height, width, seed), np.random.default_rng(seed))
    assert crop.labels.shape == (size, size)
    known = crop.labels != 255
    np.testing.assert_array_equal(np.rint(crop.image[0][known] * 255), crop.labels[known])
    assert known.sum() >= min(height, size) * min(width, size) - 1


@given(seed=seeds, height=sides, width=sides)
def test_zooming_invents_no_class(seed: int, height: int, width: int) -> None:
    sample = coded(height, width, seed)
    crop = RandomZoomCrop(48, 0.3, 3.0)(sample, np.random.default_rng(seed))
    assert set(np.unique(crop.labels)) <= set(np.unique(sample.labels)) | {255}
    assert crop.image.min() >= 0
    assert crop.image.max() <= 1


@given(seed=seeds, strength=st.floats(0, 3), grey=st.floats(0, 1))
def test_jitter_changes_colours_within_range_and_no_label(seed: int, strength: float, grey: float) -> None:
    sample = coded(20, 30, seed)
    changed = RadiometricJitter(1.0, strength=strength, grey=grey)(sample, np.random.default_rng(seed))
    np.testing.assert_array_equal(changed.labels, sample.labels)
    assert np.isfinite(changed.image).all()
    assert changed.image.min() >= 0
    assert changed.image.max() <= 1


@given(seed=seeds, labelled_above=st.floats(0.05, 0.9))
def test_haze_labels_only_clear_ground_as_thin_cloud(seed: int, labelled_above: float) -> None:
    sample = coded(24, 24, seed)
    haze = Haze(1.0, densest=0.9, labelled_above=labelled_above)
    hazy = haze(sample, np.random.default_rng(seed))
    changed = hazy.labels != sample.labels
    assert (sample.labels[changed] == 0).all()
    assert (hazy.labels[changed] == 2).all()


@settings(max_examples=50)
@given(seed=seeds)
def test_every_composited_pixel_brings_its_label(seed: int) -> None:
    ground = Sample(np.full((3, 64, 64), 0.4, dtype=np.float32), np.zeros((64, 64), dtype=np.uint8))
    donor = coded(64, 64, seed)
    pasted = CloudCompositing(lambda _: donor, probability=1.0)(ground, np.random.default_rng(seed))
    cloudy = (donor.labels == 2) | (donor.labels == 3)
    np.testing.assert_array_equal(pasted.labels[cloudy], donor.labels[cloudy])
    np.testing.assert_array_equal(pasted.image[:, cloudy], donor.image[:, cloudy])
    assert set(np.unique(pasted.labels[~cloudy])) <= {0, 1}
    shadow = (pasted.labels == 1) & ~cloudy
    assert (pasted.image[1][shadow] < 0.4).all()


def test_what_is_not_clear_gets_no_clouds() -> None:
    ground = Sample(np.zeros((3, 8, 8), dtype=np.float32), np.full((8, 8), 3, dtype=np.uint8))
    assert CloudCompositing(lambda _: ground, probability=1.0)(ground, np.random.default_rng(0)) is ground
