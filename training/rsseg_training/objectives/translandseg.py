"""TransLandSeg's training loss: half cross-entropy, half dice over the whole batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["batch_dice", "translandseg_loss"]


def batch_dice(logits: Tensor, target: Tensor) -> Tensor:
    """Return 1 - (2 sum pt + 1) / (sum p + sum t + 1), (), with sums over the whole batch.

    Parameters
    ----------
    logits, target : Tensor, (B, 1, H, W)
        Of the foreground; target 0 or 1.
    """
    probability = logits.sigmoid()
    shared = (probability * target).sum()
    return 1 - (2 * shared + 1) / (probability.sum() + target.sum() + 1)


def translandseg_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Return half the mean binary cross-entropy plus half the batch dice, (): the published training loss.

    Parameters
    ----------
    logits, target : Tensor, (B, 1, H, W), float
        Of the foreground; target 0 or 1.
    """
    return 0.5 * functional.binary_cross_entropy_with_logits(logits, target) + 0.5 * batch_dice(
        logits, target
    )
