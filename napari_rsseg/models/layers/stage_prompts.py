"""ATL for networks of stages: prompts from a high-pass image and from what a stage is given."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["StagePrompts", "high_pass"]


def high_pass(images: Tensor, share: float) -> Tensor:
    """Remove the low frequencies of each channel and take the magnitude.

    Parameters
    ----------
    images : Tensor, (B, C, H, W)
        Normalised images.
    share : float
        Area of the removed centre of the spectrum, as a share of the whole.

    Returns
    -------
    Tensor, (B, C, H, W), float32
        Absolute real part of the filtered image.
    """
    height, width = images.shape[-2:]
    half = int(math.sqrt(height * width * share) / 2)
    # half precision has no complex numbers worth the name
    spectrum = torch.fft.fftshift(torch.fft.fft2(images.float()), dim=(-2, -1))
    kept = torch.ones((height, width), device=images.device)
    row, column = height // 2, width // 2
    kept[max(0, row - half) : row + half, max(0, column - half) : column + half] = 0
    filtered = torch.fft.ifft2(torch.fft.ifftshift(spectrum * kept, dim=(-2, -1)))
    magnitude: Tensor = filtered.real.abs()
    return magnitude


class StagePrompts(nn.Module):
    """Prompts for blocks that share one grid and one width (TransLandSeg's ATL, arXiv 2403.10127, by stage).

    A prompt is ``shared``(GELU(``block.j``(handcrafted + embedding))); ``shared`` starts at zero, so that
    training starts exactly at the network that is prompted.

    Parameters
    ----------
    width : int
        Channels of the stage.
    inner : int
        Width inside.
    patch : int
        Pixels of the high-pass image per grid cell, along a side.
    blocks : int
        Number of prompts.
    """

    def __init__(self, width: int, inner: int, patch: int, blocks: int) -> None:
        super().__init__()
        self.handcrafted = nn.Conv2d(3, inner, patch, stride=patch)
        self.embedding = nn.Linear(width, inner)
        self.block = nn.ModuleList(nn.Linear(inner, inner) for _ in range(blocks))
        self.shared = nn.Linear(inner, width)
        nn.init.zeros_(self.shared.weight)
        nn.init.zeros_(self.shared.bias)

    def features(self, high: Tensor, given: Tensor) -> Tensor:
        """Return what all prompts of the stage are made of.

        Parameters
        ----------
        high : Tensor, (B, 3, H, W)
            High-pass image.
        given : Tensor, (B, h, w, D)
            Input of the stage, before any prompt.

        Returns
        -------
        Tensor, (B, h, w, r)
        """
        handcrafted = self.handcrafted(high.to(given.dtype)).permute(0, 2, 3, 1)
        features: Tensor = handcrafted + self.embedding(given)
        return features

    def prompt(self, number: int, features: Tensor) -> Tensor:
        """Map features (B, h, w, r) to the prompt (B, h, w, D) of a block."""
        prompt: Tensor = self.shared(functional.gelu(self.block[number](features)))
        return prompt
