from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import torch

from rsseg_training.adaptation import DomainPairs, source_view, target_view, without_labels
from rsseg_training.augmentation import AdaptationViews, RandomZoomCrop, Sample
from rsseg_training.sampling import Chip, CropSampler, WeightedChips

VIEWS = AdaptationViews(crop_px=32, zoom=(0.5, 2.0))


def chip(side: int = 40, *, label: int = 1) -> Chip:
    values = np.random.default_rng(side).random((3, side, side), dtype=np.float32)
    return Chip("set", f"chip{side}", "train", "here", values, np.full((side, side), label, dtype=np.uint8))


def sampler(chips: tuple[WeightedChips, ...], seed: int) -> CropSampler:
    crop = RandomZoomCrop(32, 0.5, 2.0)

    def vary(drawn: Chip, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        sample = crop(Sample(drawn.image, drawn.labels), generator)
        return sample.image, sample.labels

    return CropSampler(chips, vary, 3, (0.5,) * 3, (0.5,) * 3, seed)


def pairs(*, target_label: int) -> DomainPairs:
    target = without_labels([WeightedChips((chip(50, label=target_label),), 1.0)])
    return DomainPairs(sampler((WeightedChips((chip(),), 1.0),), 0), sampler(tuple(target), 1))


def test_a_step_draws_the_same_from_both_domains_whatever_the_targets_labels_say() -> None:
    ones, ignored = (pairs(target_label=label).draw(5) for label in (1, 255))
    assert torch.equal(ones.images, ignored.images)
    assert torch.equal(ones.target_images, ignored.target_images)
    assert torch.equal(ones.target_valid, ignored.target_valid)
    assert ones.images.shape == ones.target_images.shape == (3, 3, 32, 32)
    assert ones.target_valid.dtype == torch.bool


def test_only_what_lies_beyond_a_chip_is_not_valid() -> None:
    batch = pairs(target_label=1).draw(2)  # a zoom of a half reaches beyond 50 pixels
    assert batch.target_valid.any()
    beyond = batch.target_images[:, 0] == -1  # 0, normalised
    assert torch.equal(~batch.target_valid, beyond | ~batch.target_valid)


def test_published_views_are_of_the_crops_size_and_the_target_is_whole() -> None:
    generator = np.random.default_rng(0)
    image, labels = source_view(VIEWS, chip(), generator)
    assert image.shape == (3, 32, 32)
    assert set(np.unique(labels)) <= {1, 255}
    squeezed, shown = target_view(VIEWS, chip(50), generator)
    assert squeezed.shape == (3, 32, 32)
    assert not shown.any()


def test_the_zoom_of_published_views_starts_at_each_chips_own_size() -> None:
    still = replace(VIEWS, zoom=(1.0, 1.0), crop_px=40)
    _, labels = source_view(still, chip(40), np.random.default_rng(0))
    assert (labels == 1).all()
    _, padded = source_view(still, chip(20), np.random.default_rng(0))
    assert (padded == 1).sum() == 400


def test_views_make_batches_of_their_own_normalisation() -> None:
    zero, one = (0.0,) * 3, (1.0,) * 3
    source = CropSampler((WeightedChips((chip(),), 1.0),), partial(source_view, VIEWS), 2, zero, one, 0)
    target = CropSampler((WeightedChips((chip(50),), 1.0),), partial(target_view, VIEWS), 2, zero, one, 1)
    batch = DomainPairs(source, target).draw(0)
    assert batch.target_valid.all()
    assert float(batch.target_images.abs().max()) > 1
