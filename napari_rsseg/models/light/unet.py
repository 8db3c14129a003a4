"""A plain U-Net (Ronneberger et al. 2015), what KTDA-light is compared with."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from napari_rsseg.models.network import SegmentationNetwork

__all__ = ["UNet", "UNetArchitecture"]

_Width = Annotated[int, Field(ge=8, le=1024, multiple_of=8)]


class UNetArchitecture(BaseModel):
    """Arguments of `UNet`.

    Attributes
    ----------
    classes : int
        Number of output channels.
    widths : tuple of int
        Channels per level, finest first; each level halves the size.
    bands : int
        Number of input bands.
    input_scale : int
        The image is enlarged by this factor first.
    dropout : float
        Share of channels dropped before the last convolution in training.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: Annotated[int, Field(ge=2, le=255)]
    widths: Annotated[tuple[_Width, ...], Field(min_length=2, max_length=7)] = (16, 32, 64, 112, 176, 240)
    bands: Annotated[int, Field(ge=1, le=64)] = 3
    input_scale: Literal[1, 2] = 1
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1


def _double(in_channels: int, out_channels: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (in_channels, out_channels):
        layers += [
            nn.Conv2d(channels, out_channels, 3, padding=1, bias=False),
            nn.GroupNorm(8, out_channels),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


class UNet(SegmentationNetwork):
    """Two 3x3 convolutions per level, max pooling down, bilinear up, skips concatenated.

    Parameters
    ----------
    architecture : UNetArchitecture
        See there.
    """

    def __init__(self, architecture: UNetArchitecture) -> None:
        super().__init__()
        self.architecture = architecture
        widths = architecture.widths
        self.stride_px = max(1, 2 ** (len(widths) - 1) // architecture.input_scale)
        ins = (architecture.bands, *widths[:-1])
        self.down = nn.ModuleList(_double(i, o) for i, o in zip(ins, widths, strict=True))
        self.up = nn.ModuleList(_double(coarse + fine, fine) for fine, coarse in pairwise(widths))
        self.dropout = nn.Dropout2d(architecture.dropout)
        self.classify = nn.Conv2d(widths[0], architecture.classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Map normalised images (B, C, H, W) to logits (B, K, H, W)."""
        size = images.shape[-2:]
        if self.architecture.input_scale != 1:
            images = functional.interpolate(
                images, scale_factor=self.architecture.input_scale, mode="bilinear", align_corners=False
            )
        skips: list[Tensor] = []
        current = images
        for index, block in enumerate(self.down):
            current = block(current if index == 0 else functional.max_pool2d(current, 2))
            skips.append(current)
        for skip, block in zip(reversed(skips[:-1]), reversed(self.up), strict=True):
            raised = functional.interpolate(
                current, size=skip.shape[-2:], mode="bilinear", align_corners=False
            )
            current = block(torch.cat([raised, skip], dim=1))
        logits: Tensor = self.classify(self.dropout(current))
        if logits.shape[-2:] == size:
            return logits
        return functional.interpolate(logits, size=size, mode="bilinear", align_corners=False)
