"""A running average of a network's tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["RunningAverage"]


class RunningAverage:
    """Exponential average of all tensors of a network (Polyak and Juditsky 1992).

    Early on the decay is smaller, so that the initial values are soon forgotten.

    Parameters
    ----------
    network : nn.Module
        Its present tensors start the average.
    decay : float
        Share kept per step; 0 keeps nothing, so the average is the network.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.tensors = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the network's tensors after a 0-based step."""
        decay = min(self.decay, (step + 1) / (step + 10)) if self.decay else 0.0
        for name, value in network.state_dict().items():
            average = self.tensors[name]
            if average.is_floating_point():
                average.lerp_(value.detach(), 1 - decay)
            else:
                average.copy_(value)

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Go on from saved tensors."""
        for name, value in tensors.items():
            self.tensors[name].copy_(value)
