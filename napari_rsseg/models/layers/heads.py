"""Heads from multi-level features to logits: UPerHead, SegformerHead, FCNHead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from napari_rsseg.models.layers.convolution import ConvBnRelu, classifier, resize

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FcnHead", "SegformerHead", "UperHead"]


def _size(features: Tensor) -> tuple[int, int]:
    return features.shape[-2], features.shape[-1]


class UperHead(nn.Module):
    """Pyramid pooling on the coarsest level, then top-down over the finer ones (Xiao et al. 2018).

    Parameters
    ----------
    in_channels : sequence of int
        Width of each level, finest first; one level gives pyramid pooling alone.
    channels : int
        Inner width.
    num_classes : int
        Channels of the logits.
    pool_scales : sequence of int
        Grid sides of the pooling branches.
    dropout : float
        Channel dropout before the classifier.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        channels: int,
        num_classes: int,
        *,
        pool_scales: Sequence[int] = (1, 2, 3, 6),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        *finer, coarsest = in_channels
        self.psp_modules = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(scale), ConvBnRelu(coarsest, channels, 1))
            for scale in pool_scales
        )
        self.bottleneck = ConvBnRelu(coarsest + len(pool_scales) * channels, channels, 3)
        self.lateral_convs = nn.ModuleList(ConvBnRelu(width, channels, 1) for width in finer)
        self.fpn_convs = nn.ModuleList(ConvBnRelu(channels, channels, 3) for _ in finer)
        self.fpn_bottleneck = ConvBnRelu(len(in_channels) * channels, channels, 3)
        self.dropout = nn.Dropout2d(dropout)
        self.conv_seg = classifier(channels, num_classes)

    def _pooled(self, coarsest: Tensor) -> Tensor:
        branches = [resize(branch(coarsest), _size(coarsest)) for branch in self.psp_modules]
        pooled: Tensor = self.bottleneck(torch.cat((coarsest, *branches), dim=1))
        return pooled

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Map levels (B, in_channels[l], H_l, W_l) to logits (B, K, H_0, W_0)."""
        *finer, coarsest = levels
        paths = [lateral(level) for lateral, level in zip(self.lateral_convs, finer, strict=True)]
        paths.append(self._pooled(coarsest))
        for index in range(len(finer), 0, -1):
            paths[index - 1] = paths[index - 1] + resize(paths[index], _size(paths[index - 1]))
        smoothed = [convolution(path) for convolution, path in zip(self.fpn_convs, paths[:-1], strict=True)]
        smoothed.append(paths[-1])
        fused = torch.cat([resize(path, _size(smoothed[0])) for path in smoothed], dim=1)
        logits: Tensor = self.conv_seg(self.dropout(self.fpn_bottleneck(fused)))
        return logits


class SegformerHead(nn.Module):
    """Every level to one width and the finest size, concatenated, mixed (Xie et al. 2021).

    Parameters
    ----------
    in_channels : sequence of int
        Width of each level, finest first.
    channels, num_classes : int
        Inner width and channels of the logits.
    dropout : float
        Channel dropout before the classifier.
    """

    def __init__(
        self, in_channels: Sequence[int], channels: int, num_classes: int, *, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.convs = nn.ModuleList(ConvBnRelu(width, channels, 1) for width in in_channels)
        self.fusion_conv = ConvBnRelu(len(in_channels) * channels, channels, 1)
        self.dropout = nn.Dropout2d(dropout)
        self.conv_seg = classifier(channels, num_classes)

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Map levels (B, in_channels[l], H_l, W_l) to logits (B, K, H_0, W_0)."""
        size = _size(levels[0])
        paths = [
            resize(convolution(level), size) for convolution, level in zip(self.convs, levels, strict=True)
        ]
        logits: Tensor = self.conv_seg(self.dropout(self.fusion_conv(torch.cat(paths, dim=1))))
        return logits


class FcnHead(nn.Module):
    """One 3x3 convolution and the classifier, on one level (Long et al. 2015).

    Parameters
    ----------
    in_channels, channels, num_classes : int
        Width of the level, inner width, channels of the logits.
    dropout : float
        Channel dropout before the classifier.
    """

    def __init__(self, in_channels: int, channels: int, num_classes: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.convs = nn.Sequential(ConvBnRelu(in_channels, channels, 3))
        self.dropout = nn.Dropout2d(dropout)
        self.conv_seg = classifier(channels, num_classes)

    def forward(self, level: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to logits (B, K, H, W)."""
        logits: Tensor = self.conv_seg(self.dropout(self.convs(level)))
        return logits
