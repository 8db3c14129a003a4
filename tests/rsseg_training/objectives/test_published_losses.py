from __future__ import annotations

import pytest
import torch

from napari_rsseg.errors import TrainingError
from rsseg_training.objectives.balanced_bce import balanced_bce
from rsseg_training.objectives.cross_entropy import cross_entropy, pixel_accuracy
from rsseg_training.objectives.knowledge_transfer import knowledge_transfer
from rsseg_training.objectives.soft_iou import soft_iou
from rsseg_training.objectives.translandseg import batch_dice, translandseg_loss


def _features(shape: tuple[int, ...], seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_ignored_pixels_weigh_only_in_the_published_mean() -> None:
    logits = _features((1, 3, 4, 4), 0)
    labels = torch.full((1, 4, 4), 255)
    labels[0, 0, :4] = torch.tensor([0, 1, 2, 1])
    labelled = cross_entropy(logits, labels)
    published = cross_entropy(logits, labels, mean_over="all")
    torch.testing.assert_close(published, labelled * 4 / 16)


def test_a_tile_without_labels_has_no_loss_and_a_gradient() -> None:
    logits = _features((1, 3, 4, 4), 0).requires_grad_()
    loss = cross_entropy(logits, torch.full((1, 4, 4), 255))
    (gradient,) = torch.autograd.grad(loss, logits)
    assert loss == 0
    assert not gradient.any()


def test_the_accuracy_counts_labelled_pixels_only() -> None:
    logits = torch.zeros(1, 2, 1, 4)
    logits[0, 1, 0, :2] = 1
    labels = torch.tensor([[[1, 0, 0, 255]]])
    assert pixel_accuracy(logits, labels) == pytest.approx(100 * 2 / 3, abs=1e-4)


def test_a_student_that_is_the_teacher_has_nothing_to_learn() -> None:
    features = [_features((2, 4, 5, 5), seed) for seed in range(2)]
    for axis in ("columns", "channels"):
        terms = knowledge_transfer(features, features, axis=axis)
        assert terms.loss == pytest.approx(0, abs=1e-5)


def test_huge_features_give_finite_gradients() -> None:
    student = (200 * _features((1, 4, 5, 5), 0)).requires_grad_()
    terms = knowledge_transfer([student], [200 * _features((1, 4, 5, 5), 1)])
    (gradient,) = torch.autograd.grad(terms.loss, student)
    assert gradient.isfinite().all()


def test_features_of_another_grid_are_refused_even_where_they_would_broadcast() -> None:
    with pytest.raises(TrainingError, match=r"\(1, 4, 5, 5\).*\(1, 4, 1, 5\)"):
        knowledge_transfer([torch.zeros(1, 4, 5, 5)], [torch.zeros(1, 4, 1, 5)])


def test_dice_sums_over_the_batch_and_not_per_image() -> None:
    logits, target = _features((2, 1, 8, 8), 0), torch.zeros(2, 1, 8, 8)
    target[0, :, :4] = 1
    joined = batch_dice(logits.reshape(1, 1, 16, 8), target.reshape(1, 1, 16, 8))
    torch.testing.assert_close(batch_dice(logits, target), joined)


def test_every_mask_loss_falls_as_the_mask_gets_right() -> None:
    target = torch.zeros(2, 1, 8, 8)
    target[:, :, :3] = 1
    for loss in (translandseg_loss, soft_iou, balanced_bce, batch_dice):
        values = [float(loss((2 * target - 1) * sharpness, target)) for sharpness in (-3.0, 0.0, 3.0)]
        assert values[0] > values[1] > values[2] >= 0, loss.__name__
