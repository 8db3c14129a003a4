"""Convolution, batch norm, ReLU; and the resize that goes with them everywhere."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

__all__ = ["ConvBnRelu", "classifier", "resize"]


class ConvBnRelu(nn.Module):
    """Convolution of the same padding without bias, BatchNorm, ReLU.

    Parameters
    ----------
    in_channels, out_channels : int
        Widths.
    kernel_size : int
        Odd side of the kernel.
    dilation, groups : int
        Of the convolution.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, *, dilation: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels,
            out_channels,
            kernel_size,
            padding=dilation * (kernel_size // 2),
            dilation=dilation,
            groups=groups,
            bias=False,
        )
        self.bn = nn.BatchNorm2d(out_channels)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H, W)."""
        return functional.relu(self.bn(self.conv(features)))


def classifier(channels: int, num_classes: int) -> nn.Conv2d:
    """Make the last 1x1 convolution of a head: normal weights of 0.01, no bias at first."""
    convolution = nn.Conv2d(channels, num_classes, 1)
    nn.init.normal_(convolution.weight, std=0.01)
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
    return convolution


def resize(features: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize (B, C, H, W) to (B, C, *size), bilinear, pixel centres aligned, no antialiasing."""
    if features.shape[-2:] == size:
        return features
    return functional.interpolate(features, size=size, mode="bilinear", align_corners=False)
