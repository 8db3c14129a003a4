"""Top-down pyramid decoder (FPN, Lin et al. 2017) of separable convolutions and group norm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PyramidDecoder", "separable"]

_GROUPS = 8


def separable(in_channels: int, out_channels: int) -> nn.Sequential:
    """Make a 3x3 depthwise and a 1x1 convolution, group norm and ReLU, (B, in, H, W) to (B, out, H, W)."""
    return nn.Sequential(
        nn.Conv2d(in_channels, in_channels, 3, padding=1, groups=in_channels, bias=False),
        nn.Conv2d(in_channels, out_channels, 1, bias=False),
        nn.GroupNorm(_GROUPS, out_channels),
        nn.ReLU(inplace=True),
    )


class PyramidDecoder(nn.Module):
    """Levels of one width, finest first, to logits at the size of the finest.

    Each level is added to the upsampled coarser one and smoothed; the smoothed levels are summed at the
    second finest level, so that thin objects and wide context meet, and the finest level joins last.

    Parameters
    ----------
    width : int
        Channels of every level, a multiple of 8.
    levels : int
        Number of levels.
    classes : int
        Number of output channels.
    dropout : float
        Share of channels dropped before the last convolution in training.
    """

    def __init__(self, width: int, levels: int, classes: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.smooth = nn.ModuleList(separable(width, width) for _ in range(levels))
        self.merge = separable(width, width)
        self.dropout = nn.Dropout2d(dropout)
        self.classify = nn.Conv2d(width, classes, 1)
        nn.init.normal_(self.classify.weight, std=0.01)
        assert self.classify.bias is not None
        nn.init.zeros_(self.classify.bias)

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Map L tensors (B, width, H_l, W_l) to logits (B, classes, H_0, W_0)."""
        current = levels[-1]
        outputs = [self.smooth[-1](current)]
        for level, smooth in zip(reversed(levels[1:-1]), reversed(self.smooth[1:-1]), strict=True):
            current = level + _resize(current, level)
            outputs.append(smooth(current))
        merged = outputs[-1]
        for output in outputs[:-1]:
            merged = merged + _resize(output, merged)
        finest = self.smooth[0](levels[0] + _resize(merged, levels[0]))
        logits: Tensor = self.classify(self.dropout(self.merge(finest)))
        return logits


def _resize(tensor: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(tensor, size=like.shape[-2:], mode="bilinear", align_corners=False)
