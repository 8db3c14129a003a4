"""The neck: spreads the aligned levels over several scales again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MultiScaleNeck"]


class MultiScaleNeck(nn.Module):
    """1x1 convolution, bilinear by a scale factor, 3x3 convolution, per level; no norm, no activation.

    Coordinates follow the factor, not the ratio of sizes: at 0.5 and an odd side this is 2 x 2 mean
    pooling that drops the last row or column, as published.

    Parameters
    ----------
    in_channels : sequence of int
        Width of each input level.
    out_channels : int
        Width of all outputs.
    scales : sequence of float
        Factor of each output; a single input is repeated for all of them.
    """

    def __init__(self, in_channels: Sequence[int], out_channels: int, scales: Sequence[float]) -> None:
        super().__init__()
        self.scales = tuple(scales)
        self.lateral_convs = nn.ModuleList(_Convolution(width, out_channels, 1) for width in in_channels)
        self.convs = nn.ModuleList(_Convolution(out_channels, out_channels, 3) for _ in scales)

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Map L tensors (B, C_l, h_l, w_l) to one (B, out, floor(s * h_l), floor(s * w_l)) per scale s."""
        laterals = [lateral(level) for lateral, level in zip(self.lateral_convs, levels, strict=True)]
        if len(laterals) == 1:
            laterals = laterals * len(self.scales)
        return [
            convolution(functional.interpolate(lateral, scale_factor=scale, mode="bilinear"))
            for convolution, lateral, scale in zip(self.convs, laterals, self.scales, strict=True)
        ]


class _Convolution(nn.Module):
    """Convolution of the same padding under the key ``conv``, where published files have it."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2)
        nn.init.xavier_uniform_(self.conv.weight)
        if self.conv.bias is not None:
            nn.init.zeros_(self.conv.bias)

    def forward(self, features: Tensor) -> Tensor:
        output: Tensor = self.conv(features)
        return output
