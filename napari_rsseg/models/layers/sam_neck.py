"""The neck of SAM's image encoders."""

from __future__ import annotations

from torch import nn

from napari_rsseg.models.layers.sam_parts import LayerNorm2d

__all__ = ["sam_neck"]


def sam_neck(in_channels: int, out_channels: int) -> nn.Sequential:
    """Make two convolutions with norms over channels, (B, in, n, n) to (B, out, n, n), with keys of SAM."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, bias=False),
        LayerNorm2d(out_channels),
        nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
        LayerNorm2d(out_channels),
    )
