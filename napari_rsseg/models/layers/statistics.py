"""Batch norms that keep the statistics of their pretraining."""

from __future__ import annotations

from torch import nn

__all__ = ["freeze_statistics"]


def freeze_statistics(module: nn.Module) -> None:
    """Set every batch norm to use its stored statistics; their gain and bias go on training.

    With batches of a few crops, batch statistics are worse than those of the pretraining.
    """
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eval()
