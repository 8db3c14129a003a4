"""Soft intersection over union of masks; in TransLandSeg's code, not in its training."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["soft_iou"]


def soft_iou(logits: Tensor, target: Tensor) -> Tensor:
    """Return the mean over images of 1 - sum pt / (sum (p + t) - sum pt), ().

    Nothing is smoothed: an image without target and with probability exactly 0 gives NaN, as published.

    Parameters
    ----------
    logits, target : Tensor, (B, 1, H, W), float
        Of the foreground; target 0 or 1.
    """
    probability = logits.sigmoid()
    shared = (probability * target).sum(dim=(1, 2, 3))
    either = (probability + target).sum(dim=(1, 2, 3)) - shared
    return (1 - shared / either).mean()
