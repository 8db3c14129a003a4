"""Labels that teachers give to images without any, and how much each pixel counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["PseudoLabels", "pseudo_labels"]


@dataclass(frozen=True)
class PseudoLabels:
    """What a teacher says of a batch.

    Attributes
    ----------
    labels : Tensor, (B, H, W), int64
        Most probable class; 255 where nothing is shown.
    weights : Tensor, (B, H, W), float32
        Of each pixel in the loss.
    confident_share : Tensor, ()
        Share of confident pixels in the whole batch; with small batches it jumps.
    """

    labels: Tensor
    weights: Tensor
    confident_share: Tensor


@torch.no_grad()
def pseudo_labels(
    logits: Tensor,
    *,
    threshold: float = 0.975,
    rare_threshold: float | None = 0.8,
    class_weights: Tensor | None = None,
    low_confidence: float = 0.5,
    valid: Tensor | None = None,
) -> PseudoLabels:
    """Label a batch and weigh its pixels (arXiv 2301.05526; the weights as its published code has them).

    With q the share of pixels of probability ``threshold`` or more, a pixel weighs q times its class weight
    where its probability is ``rare_threshold`` or more, and ``low_confidence`` times q elsewhere: unsure
    pixels are not dropped. While q is 0, every weight is 0.

    Parameters
    ----------
    logits : Tensor, (B, K, H, W)
        Of the teacher, at the size of the images.
    threshold, rare_threshold : float
        Probabilities; without the second, or without class weights, every pixel weighs q.
    class_weights : Tensor or None, (K,)
        A plain table. The published code replaces class indices by weights in place, so that a weight that
        equals a later index is replaced again and classes beyond the list keep their index; a table of the
        outcome gives the same.
    low_confidence : float
        Share of q for unsure pixels; 0 drops them.
    valid : Tensor or None, (B, H, W), bool
        Pixels that show something; the others are ignored, in q as well. None: all, as published.
    """
    confidence, labels = logits.softmax(dim=1).max(dim=1)
    confident = confidence >= threshold
    share = (confident if valid is None else confident[valid]).float().mean().nan_to_num()
    if class_weights is None or rare_threshold is None:
        weights = share.expand(labels.shape)
    else:
        sure = confidence >= rare_threshold
        weights = share * class_weights.float()[labels] * sure
        # a class weight of 0 counts as unsure too, as published
        weights = torch.where(weights == 0, low_confidence * share, weights)
    if valid is not None:
        labels, weights = labels.masked_fill(~valid, 255), weights * valid
    return PseudoLabels(labels, weights, share)
