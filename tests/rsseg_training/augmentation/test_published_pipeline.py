from __future__ import annotations

import numpy as np
import pytest

from rsseg_training.augmentation import AdaptationViews
from rsseg_training.augmentation.published_pipeline import (
    fitted_size,
    normalised,
    padded,
    resized,
    without_zero,
)

IMAGE = np.random.default_rng(1).integers(0, 256, (60, 80, 3), dtype=np.uint8)
LABELS = np.random.default_rng(2).integers(0, 4, (60, 80)).astype(np.uint8)


@pytest.mark.parametrize(
    ("size", "scale", "fitted"),
    [((60, 80), (96, 96), (72, 96)), ((60, 80), (40, 400), (40, 53)), ((80, 60), (512, 256), (341, 256))],
)
def test_an_image_is_fitted_with_its_aspect_kept(
    size: tuple[int, int], scale: tuple[int, int], fitted: tuple[int, int]
) -> None:
    assert fitted_size(size, scale) == fitted


def test_a_size_that_is_there_already_changes_nothing() -> None:
    assert resized(IMAGE, (60, 80)) is IMAGE


def test_values_are_normalised_by_the_figures_of_imagenet() -> None:
    values = normalised(np.array([[[124, 116, 104]]], dtype=np.uint8))
    assert values.shape == (3, 1, 1)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values.ravel(), [0.325 / 58.395, -0.28 / 57.12, 0.47 / 57.375], rtol=1e-5)


def test_padding_is_zero_after_normalisation_and_unlabelled() -> None:
    image, labels = padded(normalised(IMAGE), LABELS, (64, 70))
    assert image.shape == (3, 64, 80)
    assert labels.shape == (64, 80)
    assert not image[:, 60:].any()
    assert (labels[60:] == 255).all()


def test_zero_and_255_are_unlabelled_and_the_others_fall_by_one() -> None:
    assert without_zero(np.array([[0, 1, 6, 255]], dtype=np.uint8)).tolist() == [[255, 0, 5, 255]]


def test_a_source_view_is_of_the_size_of_the_crop_whatever_the_zoom() -> None:
    views = AdaptationViews(scale_px=64, crop_px=48)
    for seed in range(10):
        image, labels = views.source(IMAGE, LABELS, np.random.default_rng(seed))
        assert image.shape == (3, 48, 48)
        assert labels.shape == (48, 48)
        assert set(np.unique(labels)) <= {0, 1, 2, 3, 255}


def test_image_and_labels_of_a_source_view_stay_together() -> None:
    classes = np.zeros((64, 64), dtype=np.uint8)
    classes[:, 20:] = 1
    image = np.where(classes[..., None] == 1, 255, 0).repeat(3, axis=2).astype(np.uint8)
    views = AdaptationViews(scale_px=64, crop_px=48, zoom=(1.0, 1.0))
    for seed in range(6):
        seen, labels = views.source(image, classes, np.random.default_rng(seed))
        assert seen[:, labels == 1].min() > seen[:, labels == 0].max()


def test_a_crop_of_one_class_is_drawn_again_but_not_for_ever() -> None:
    labels = np.zeros((64, 400), dtype=np.uint8)
    labels[:, 180:220:2] = 1
    image = np.zeros((64, 400, 3), dtype=np.uint8)
    views = AdaptationViews(scale_px=400, crop_px=64, zoom=(1.0, 1.0), largest_share=1.0)
    seen = [views.source(image, labels, np.random.default_rng(seed))[1] for seed in range(40)]
    assert sum(bool((view == 1).any()) for view in seen) > 35  # a single draw meets it in a third of cases
    assert not views.source(image, np.zeros_like(labels), np.random.default_rng(0))[1].any()


def test_a_target_image_is_squeezed_whole() -> None:
    assert AdaptationViews(crop_px=48).target(IMAGE, np.random.default_rng(0)).shape == (3, 48, 48)
