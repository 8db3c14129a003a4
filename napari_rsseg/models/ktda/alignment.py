"""FAM: brings each level of the student to the teacher's width and patch grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FeatureAlignment"]


class FeatureAlignment(nn.Module):
    """1x1 convolution per level, then bilinear to one fixed square grid (arXiv 2412.06664, FAM).

    The grid does not depend on the size or aspect of the input, and large levels are sampled without
    antialiasing, as published.

    Parameters
    ----------
    in_channels : sequence of int
        Width of each student level, finest first.
    out_channels : int
        Width of the teacher's tokens.
    output_size : int
        Side of the teacher's patch grid.
    """

    def __init__(self, in_channels: Sequence[int], out_channels: int, output_size: int) -> None:
        super().__init__()
        self.output_size = output_size
        self.convert = nn.ModuleList(nn.Conv2d(channels, out_channels, 1) for channels in in_channels)
        self.apply(_initialise)

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Map L tensors (B, in_channels[l], H_l, W_l) to L tensors (B, out_channels, size, size)."""
        size = (self.output_size, self.output_size)
        return [
            functional.interpolate(convert(level), size=size, mode="bilinear", align_corners=False)
            for convert, level in zip(self.convert, levels, strict=True)
        ]


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.trunc_normal_(module.weight, std=0.02, a=-2, b=2)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
