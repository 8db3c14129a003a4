"""Cross-entropy that leaves ignored pixels out, and the pixel accuracy logged beside it."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["MeanOver", "cross_entropy", "pixel_accuracy"]

MeanOver = Literal["all", "labelled"]
_EPS = torch.finfo(torch.float32).eps


def cross_entropy(
    logits: Tensor, labels: Tensor, *, ignored: int = 255, mean_over: MeanOver = "labelled"
) -> Tensor:
    """Average the cross-entropy of the labelled pixels.

    Parameters
    ----------
    logits : Tensor, (B, K, h, w)
        Resized to the labels, bilinear, where their size differs.
    labels : Tensor, (B, H, W), int64
        Class ids, or ``ignored``.
    ignored : int
        Id of pixels that give no loss.
    mean_over : {"labelled", "all"}
        ``labelled``: the mean of pixels with a label, 0 where there is none; ``all``: ignored pixels count in
        the denominator, as KTDA published it, so that sparse labels weigh less.

    Returns
    -------
    Tensor, ()
        The loss.
    """
    logits = _at_size_of(logits, labels)
    total = functional.cross_entropy(logits, labels, ignore_index=ignored, reduction="sum")
    if mean_over == "all":
        return total / (labels.numel() + _EPS)
    return total / (labels != ignored).sum().clamp(min=1)


def pixel_accuracy(logits: Tensor, labels: Tensor, *, ignored: int = 255) -> Tensor:
    """Return the percentage, (), of labelled pixels (B, H, W) whose largest logit (B, K, h, w) is right."""
    labelled = labels != ignored
    right = (_at_size_of(logits, labels).argmax(dim=1) == labels) & labelled
    return 100 * (right.sum() + _EPS) / (labelled.sum() + _EPS)


def _at_size_of(logits: Tensor, labels: Tensor) -> Tensor:
    if logits.shape[-2:] == labels.shape[-2:]:
        return logits
    return functional.interpolate(logits, size=labels.shape[-2:], mode="bilinear", align_corners=False)
