"""DeepLabV3+'s head with depthwise-separable convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from napari_rsseg.models.layers.convolution import ConvBnRelu, classifier, resize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_rsseg.models.st_dasegnet.architecture import AsppHeadWords

__all__ = ["AsppHead"]


class _Separable(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.depthwise_conv = ConvBnRelu(in_channels, in_channels, 3, dilation=dilation, groups=in_channels)
        self.pointwise_conv = ConvBnRelu(in_channels, out_channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, in_channels, h, w) to (B, out_channels, h, w)."""
        output: Tensor = self.pointwise_conv(self.depthwise_conv(features))
        return output


class AsppHead(nn.Module):
    """Parallel dilations on the deepest level, refined with the finest (Chen et al. 2018).

    Parameters
    ----------
    words : AsppHeadWords
        Sizes.
    """

    def __init__(self, words: AsppHeadWords) -> None:
        super().__init__()
        deep, channels = words.in_channels, words.channels
        self.image_pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), ConvBnRelu(deep, channels, 1))
        self.aspp_modules = nn.ModuleList(
            ConvBnRelu(deep, channels, 1) if dilation == 1 else _Separable(deep, channels, dilation)
            for dilation in words.dilations
        )
        self.bottleneck = ConvBnRelu((1 + len(words.dilations)) * channels, channels, 3)
        self.c1_bottleneck = ConvBnRelu(words.c1_in_channels, words.c1_channels, 1)
        self.sep_bottleneck = nn.Sequential(
            _Separable(channels + words.c1_channels, channels), _Separable(channels, channels)
        )
        self.dropout = nn.Dropout2d(words.dropout)
        self.conv_seg = classifier(channels, words.num_classes)

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Map levels (B, C_i, h_i, w_i), finest first, to logits (B, K, h_0, w_0)."""
        finest, deepest = levels[0], levels[-1]
        pooled = resize(self.image_pool(deepest), (deepest.shape[-2], deepest.shape[-1]))
        branches = [pooled, *(branch(deepest) for branch in self.aspp_modules)]
        context = resize(self.bottleneck(torch.cat(branches, dim=1)), (finest.shape[-2], finest.shape[-1]))
        joined = torch.cat((context, self.c1_bottleneck(finest)), dim=1)
        logits: Tensor = self.conv_seg(self.dropout(self.sep_bottleneck(joined)))
        return logits
