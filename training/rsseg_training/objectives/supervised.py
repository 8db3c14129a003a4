"""Cross-entropy over classes and groups of classes, with Dice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from napari_rsseg.classes.scheme import IGNORED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

__all__ = ["SupervisedObjective", "dice_loss", "group_cross_entropy", "ordinal_loss"]


def group_cross_entropy(logits: Tensor, labels: Tensor, members: Tensor, weights: Tensor) -> Tensor:
    """Return the mean of -log p(group of the label) over labelled pixels.

    A pixel of a set with fewer classes is labelled with a group: the network may choose freely inside it.

    Parameters
    ----------
    logits : Tensor, (B, K, H, W)
        Before softmax.
    labels : Tensor, (B, H, W), integers
        Rows of ``members``; 255 is left out.
    members : Tensor, (256, K), bool
        Classes of each label.
    weights : Tensor, (256,)
        Weight of each label; the mean is over weights.
    """
    index = labels.long()
    log_p = functional.log_softmax(logits, dim=1).permute(0, 2, 3, 1)  # (B, H, W, K)
    inside = log_p.masked_fill(~members[index], -torch.inf)
    # a row without members would be -inf - -inf in the gradient, so such pixels are taken out first
    counted = labels != IGNORED
    loss = -torch.logsumexp(inside[counted], dim=-1)
    weight = weights[index[counted]]
    return (loss * weight).sum() / weight.sum().clamp(min=1e-6)


def dice_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return 1 - Dice, averaged over the classes that occur in the batch's labels (Milletari et al. 2016).

    Parameters
    ----------
    logits : Tensor, (B, K, H, W)
        Before softmax.
    labels : Tensor, (B, H, W), integers
        Other ids than 0 to K - 1 are left out.
    """
    classes = logits.shape[1]
    counted = labels < classes
    probability = logits.softmax(dim=1) * counted[:, None]
    target = functional.one_hot(torch.where(counted, labels.long(), 0), classes).permute(0, 3, 1, 2)
    target = target * counted[:, None]
    shared = (probability * target).sum(dim=(0, 2, 3))
    total = probability.sum(dim=(0, 2, 3)) + target.sum(dim=(0, 2, 3))
    present = target.sum(dim=(0, 2, 3)) > 0
    dice = (2 * shared + 1) / (total + 1)
    return (1 - dice)[present].mean() if present.any() else logits.sum() * 0


def ordinal_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean squared distance of cumulative probabilities, for ordered classes (Hou et al. 2016)."""
    classes = logits.shape[1]
    counted = labels < classes
    cumulative = logits.softmax(dim=1).cumsum(dim=1)[:, :-1]  # (B, K - 1, H, W)
    levels = torch.arange(classes - 1, device=logits.device)[None, :, None, None]
    target = (labels.long()[:, None] <= levels).to(logits.dtype)
    distance = (cumulative - target).square().sum(dim=1)
    return distance[counted].mean() if counted.any() else logits.sum() * 0


@dataclass
class SupervisedObjective:
    """Weighted sum of cross-entropy, Dice and, for ordered classes, the ordinal distance.

    Parameters
    ----------
    class_weights : tuple of float
        Weight of each class in the cross-entropy.
    groups : mapping
        Classes of the label ids that stand for several.
    dice, ordinal : float
        Weights of the terms.
    """

    class_weights: tuple[float, ...]
    groups: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    dice: float = 1.0
    ordinal: float = 0.0

    def __post_init__(self) -> None:
        classes = len(self.class_weights)
        self._members = torch.zeros(256, classes, dtype=torch.bool)
        self._weights = torch.ones(256)
        for index, weight in enumerate(self.class_weights):
            self._members[index, index] = True
            self._weights[index] = weight
        for label, members in self.groups.items():
            self._members[label, list(members)] = True

    def __call__(self, logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return the terms, already weighted, by name."""
        members, weights = self._members.to(logits.device), self._weights.to(logits.device)
        terms = {"cross_entropy": group_cross_entropy(logits, labels, members, weights)}
        if self.dice:
            terms["dice"] = self.dice * dice_loss(logits, labels)
        if self.ordinal:
            terms["ordinal"] = self.ordinal * ordinal_loss(logits, labels)
        return terms
