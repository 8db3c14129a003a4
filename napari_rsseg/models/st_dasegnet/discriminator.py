"""Discriminators: which branch's style does a deepest feature have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from napari_rsseg.models.st_dasegnet.architecture import DiscriminatorWords

__all__ = ["Discriminator", "spatial_softmax"]

_SLOPE = 0.2
_WIDEST = 8  # times the base width


def spatial_softmax(feature: Tensor) -> Tensor:
    """Map (B, C, h, w) to the softmax over the positions of each channel; not rescaled, as published."""
    return feature.flatten(2).softmax(dim=-1).reshape(feature.shape)


class _ConvLeaky(nn.Module):
    """4x4 convolution, instance norm without parameters (if asked for), leaky ReLU."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, *, norm: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 4, stride, padding=1)
        self.norm = norm
        nn.init.kaiming_normal_(self.conv.weight, _SLOPE, mode="fan_out", nonlinearity="leaky_relu")
        if self.conv.bias is not None:
            nn.init.zeros_(self.conv.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, in_channels, h, w) to (B, out_channels, h', w')."""
        features = self.conv(features)
        if self.norm:
            features = functional.instance_norm(features)
        return functional.leaky_relu(features, _SLOPE)


class Discriminator(nn.Module):
    """Convolutions that shrink a `spatial_softmax` to a small map of scores (Isola et al. 2017).

    At the published crop of 384 px behind MiT the map is 1 x 1: whole images are judged.

    Parameters
    ----------
    words : DiscriminatorWords
        Sizes; maps under 6 * 2**(num_conv - 1) px are too small.
    """

    def __init__(self, words: DiscriminatorWords) -> None:
        super().__init__()
        base, number = words.base_channels, words.num_conv
        widths = [base * min(2**step, _WIDEST) for step in range(number + 1)]
        layers: list[nn.Module] = [_ConvLeaky(words.in_channels, widths[0], 2, norm=False)]
        for step in range(1, number + 1):
            stride = 1 if step == number else 2
            layers.append(_ConvLeaky(widths[step - 1], widths[step], stride, norm=True))
        layers.append(nn.Conv2d(widths[-1], 1, 4, 1, padding=1))
        self.discriminator = nn.Sequential(*layers)

    def forward(self, feature: Tensor) -> Tensor:
        """Map a deepest feature (B, C, h, w), before the neck, to scores (B, 1, h', w').

        A score is the logit of being of the branch's own domain.
        """
        scores: Tensor = self.discriminator(spatial_softmax(feature))
        return scores
