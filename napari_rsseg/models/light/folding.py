"""Batch norms with fixed statistics, written into the convolutions before them."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

__all__ = ["fold_batch_norms"]


def _pairs(module: nn.Module) -> list[tuple[nn.Module, str, nn.Conv2d, str, nn.BatchNorm2d]]:
    """Return (owner, convolution's name, convolution, norm's name, norm) of consecutive children."""
    found = []
    for owner in module.modules():
        children = list(owner.named_children())
        for (name, child), (norm_name, norm) in pairwise(children):
            if isinstance(child, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                found.append((owner, name, child, norm_name, norm))
    return found


def fold_batch_norms(module: nn.Module) -> None:
    """Replace each convolution and the batch norm after it by one convolution with a bias, in place.

    The result equals the module in evaluation mode, up to rounding. An activation that timm keeps inside the
    norm stays in its place.

    Parameters
    ----------
    module : nn.Module
        Its convolutions are followed by their norms in the order of its children, as in timm's EfficientNets.
    """
    for owner, _, convolution, norm_name, norm in _pairs(module):
        assert norm.running_mean is not None
        assert norm.running_var is not None
        with torch.no_grad():
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)  # (C,)
            bias = norm.bias - norm.running_mean * gain
            if convolution.bias is not None:
                bias = bias + convolution.bias * gain
            convolution.weight.mul_(gain[:, None, None, None])
            convolution.bias = nn.Parameter(bias.clone())
        activation = getattr(norm, "act", None)
        setattr(owner, norm_name, activation if isinstance(activation, nn.Module) else nn.Identity())
