"""Backbones: SegFormer's encoder of transformers, timm's ResNet-50 with the deep stem, timm's other CNNs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from napari_rsseg.models.layers.statistics import freeze_statistics
from napari_rsseg.models.layers.timm_parts import create_levels, create_model
from napari_rsseg.models.layers.transformers_parts import SegformerConfig, SegformerModel

if TYPE_CHECKING:
    from napari_rsseg.models.st_dasegnet.architecture import BackboneWords, ResNetWords, TimmWords

__all__ = ["MixTransformer", "PretrainedCnn", "backbone"]

_EPS = 1e-6  # of every LayerNorm; the library has 1e-5


class MixTransformer(nn.Module):
    """MiT (Xie et al. 2021): four stages, each normalised at its end and handed on as it is returned.

    Parameters
    ----------
    words : MitWords
        Sizes.
    """

    def __init__(self, words: BackboneWords) -> None:
        super().__init__()
        assert words.kind == "mit"
        config = SegformerConfig(
            depths=list(words.depths),
            hidden_sizes=list(words.widths),
            num_attention_heads=list(words.heads),
            sr_ratios=list(words.sr_ratios),
            patch_sizes=list(words.patch_sizes),
            strides=list(words.strides),
            mlp_ratios=[words.mlp_ratio] * 4,
            drop_path_rate=words.drop_path,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        self.stages = SegformerModel(config).stages
        for module in self.modules():
            if isinstance(module, nn.LayerNorm):
                module.eps = _EPS

    def forward(self, images: Tensor) -> list[Tensor]:
        """Map images (B, 3, H, W) of any size to one (B, C_i, H_i, W_i) per stage."""
        levels = []
        features = images
        for stage in self.stages:
            features = stage(features)
            levels.append(features)
        return levels


def _resnet(words: ResNetWords) -> nn.Module:
    network: nn.Module = create_model(
        "resnet50c",
        pretrained=False,
        features_only=True,
        output_stride=8,
        out_indices=(1, 2, 3, 4),
        channels=tuple(words.base_channels * 2**stage for stage in range(4)),
        stem_width=words.stem_channels // 2,
    )
    return network


class PretrainedCnn(nn.Module):
    """A CNN of timm whose batch norms keep the statistics of their pretraining.

    Parameters
    ----------
    words : TimmWords
        Name and levels.
    """

    def __init__(self, words: TimmWords) -> None:
        super().__init__()
        self.cnn = create_levels(words.name, words.out_indices, words.widths)

    def train(self, mode: bool = True) -> PretrainedCnn:
        """Set training mode of all but the statistics."""
        super().train(mode)
        freeze_statistics(self.cnn)
        return self

    def forward(self, images: Tensor) -> list[Tensor]:
        """Map images (B, 3, H, W) to one (B, widths[i], H / 4 / 2**i, W / 4 / 2**i) per level."""
        levels: list[Tensor] = self.cnn(images)
        return levels


def backbone(words: BackboneWords) -> nn.Module:
    """Make a backbone with initial weights: images (B, 3, H, W) to four levels, finest first, at H / 4."""
    if words.kind == "mit":
        return MixTransformer(words)
    return PretrainedCnn(words) if words.kind == "timm" else _resnet(words)
