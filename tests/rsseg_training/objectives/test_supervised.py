from __future__ import annotations

import math

import torch

from rsseg_training.objectives.supervised import SupervisedObjective, dice_loss, ordinal_loss


def test_cross_entropy_equals_torchs_where_every_label_is_a_class() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(2, 3, 8, 8), torch.randint(0, 3, (2, 8, 8), dtype=torch.uint8)
    labels[0, 0, 0] = 255
    term = SupervisedObjective((1.0, 3.0, 0.5), dice=0)(logits, labels)["cross_entropy"]
    expected = torch.nn.functional.cross_entropy(
        logits, labels.long(), weight=torch.tensor([1.0, 3.0, 0.5]), ignore_index=255
    )
    torch.testing.assert_close(term, expected)


def test_a_group_costs_the_log_of_its_classes_together_and_has_finite_gradients() -> None:
    logits = torch.zeros(1, 4, 2, 2, requires_grad=True)
    labels = torch.full((1, 2, 2), 251, dtype=torch.uint8)
    term = SupervisedObjective((1.0,) * 4, {251: (2, 3)}, dice=0)(logits, labels)["cross_entropy"]
    term.backward()
    assert math.isclose(term.item(), math.log(2), rel_tol=1e-5)
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_pixels_without_a_label_give_no_gradient() -> None:
    logits = torch.randn(1, 2, 4, 4, requires_grad=True)
    labels = torch.full((1, 4, 4), 255, dtype=torch.uint8)
    labels[0, 0, 0] = 1
    total = torch.stack(list(SupervisedObjective((1.0, 1.0), ordinal=1.0)(logits, labels).values())).sum()
    total.backward()
    assert logits.grad is not None
    assert logits.grad[0, :, 1:].abs().max() == 0


def test_a_batch_without_labels_costs_nothing() -> None:
    logits = torch.randn(1, 2, 4, 4, requires_grad=True)
    terms = SupervisedObjective((1.0, 1.0), ordinal=1.0)(
        logits, torch.full((1, 4, 4), 255, dtype=torch.uint8)
    )
    torch.stack(list(terms.values())).sum().backward()
    assert all(term.item() == 0 for term in terms.values())


def test_a_perfect_prediction_has_no_dice_and_no_ordinal_loss() -> None:
    labels = torch.tensor([[[0, 1], [2, 2]]], dtype=torch.uint8)
    logits = torch.nn.functional.one_hot(labels.long(), 3).permute(0, 3, 1, 2) * 50.0
    assert dice_loss(logits, labels).item() < 1e-4
    assert ordinal_loss(logits, labels).item() < 1e-4


def test_being_two_levels_off_costs_more_than_one() -> None:
    labels = torch.zeros(1, 1, 1, dtype=torch.uint8)
    near = torch.tensor([0.0, 9.0, 0.0]).view(1, 3, 1, 1)
    far = torch.tensor([0.0, 0.0, 9.0]).view(1, 3, 1, 1)
    assert ordinal_loss(far, labels).item() > ordinal_loss(near, labels).item()
