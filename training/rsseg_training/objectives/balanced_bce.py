"""Binary cross-entropy balanced by the batch; in TransLandSeg's code, not in its training."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["balanced_bce"]


def balanced_bce(logits: Tensor, target: Tensor) -> Tensor:
    """Return the binary cross-entropy with the classes weighted alike, ().

    Parameters
    ----------
    logits, target : Tensor, (B, 1, H, W), float
        Of the foreground; target 0 or 1.
    """
    positive = target.sum() + 1e-10
    negative = target.numel() - target.sum()
    loss = functional.binary_cross_entropy_with_logits(logits, target, pos_weight=negative / positive)
    return torch.as_tensor(positive / target.numel()) * loss
