from __future__ import annotations

import torch

from rsseg_training.objectives.pseudo_labels import pseudo_labels

SURE, RARE, UNSURE = (6.0, 0.0), (0.0, 2.0), (0.1, 0.0)  # probabilities 0.998, 0.88, 0.52


def logits(*pixels: tuple[float, float]) -> torch.Tensor:
    return torch.tensor(pixels).T.reshape(1, 2, 1, len(pixels))


def test_confident_pixels_weigh_by_class_and_unsure_ones_half_the_confident_share() -> None:
    pseudo = pseudo_labels(logits(SURE, RARE, UNSURE, SURE), class_weights=torch.tensor([1.5, 2.0]))
    assert pseudo.labels.tolist() == [[[0, 1, 0, 0]]]
    assert pseudo.confident_share == 0.5
    assert pseudo.weights.tolist() == [[[0.75, 1.0, 0.25, 0.75]]]


def test_unsure_pixels_can_be_dropped() -> None:
    table = torch.ones(2)
    assert pseudo_labels(logits(SURE, UNSURE), class_weights=table, low_confidence=0).weights[0, 0, 1] == 0


def test_without_class_weights_every_pixel_weighs_the_confident_share() -> None:
    assert pseudo_labels(logits(SURE, UNSURE)).weights.tolist() == [[[0.5, 0.5]]]


def test_while_nothing_is_confident_nothing_weighs() -> None:
    assert not pseudo_labels(logits(RARE, UNSURE), class_weights=torch.ones(2)).weights.any()
