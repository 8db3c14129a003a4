"""KTDA without its teacher: what runs at inference, with every intermediate for the loss."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from torch import Tensor, nn

from napari_rsseg.models.ktda.alignment import FeatureAlignment
from napari_rsseg.models.ktda.modulation import Bottleneck, FeatureModulation, attention_block
from napari_rsseg.models.ktda.neck import MultiScaleNeck
from napari_rsseg.models.ktda.student import make_student
from napari_rsseg.models.layers.convolution import resize
from napari_rsseg.models.layers.heads import FcnHead, SegformerHead, UperHead
from napari_rsseg.models.network import SegmentationNetwork

if TYPE_CHECKING:
    from napari_rsseg.models.ktda.architecture import (
        AuxiliaryWords,
        HeadWords,
        KtdaArchitecture,
        ModulationWords,
    )

__all__ = ["Ktda", "KtdaFeatures"]


@dataclass(frozen=True)
class KtdaFeatures:
    """What the parts of a KTDA network return, level by level, (B, C, H, W) each.

    Attributes
    ----------
    student, aligned, fused, neck, modulated : list of Tensor
        Outputs of the student, of FAM, of the optional sum of levels, of the neck and of FMM. The
        knowledge-transfer loss looks at ``fused``, the heads at ``modulated``.
    """

    student: list[Tensor]
    aligned: list[Tensor]
    fused: list[Tensor]
    neck: list[Tensor]
    modulated: list[Tensor]


class Ktda(SegmentationNetwork):
    """Knowledge transfer and domain adaptation for fine-grained segmentation (arXiv 2412.06664).

    Features are aligned to one square grid, so feed square tiles of the training size.

    Parameters
    ----------
    architecture : KtdaArchitecture
        All parts; the teacher it describes is not held here, see `Teacher`.
    """

    stride_px = 32

    def __init__(self, architecture: KtdaArchitecture) -> None:
        super().__init__()
        self.architecture = architecture
        fam, neck, fmm = architecture.fam, architecture.neck, architecture.fmm
        self.student = make_student(architecture.student)
        self.fam = FeatureAlignment(fam.in_channels, fam.out_channels, fam.output_size)
        self.neck = MultiScaleNeck(neck.in_channels, neck.out_channels, neck.scales) if neck else None
        self.fmm = _modulation(fmm) if fmm else None
        self.decode_head = _decode_head(architecture.decode_head)
        words = architecture.auxiliary_head
        # one head and a list of one have different keys in published files
        self.auxiliary_head: nn.Module | None = (
            nn.ModuleList(_auxiliary_head(word) for word in words)
            if isinstance(words, tuple)
            else _auxiliary_head(words)
            if words
            else None
        )

    def features(self, images: Tensor) -> KtdaFeatures:
        """Run everything but the heads on images (B, 3, H, W)."""
        student = self.student(images)
        aligned = self.fam(student)
        fused = self.fuse(aligned)
        neck = self.neck(fused) if self.neck else fused
        modulated = self.fmm(neck) if self.fmm else neck
        return KtdaFeatures(student, aligned, fused, neck, modulated)

    def fuse(self, levels: list[Tensor]) -> list[Tensor]:
        """Add the levels into one where the architecture says so; also for the teacher's."""
        if not self.architecture.fuse:
            return levels
        total = levels[0]
        for level in levels[1:]:
            total = total + level
        return [total]

    def head_logits(self, features: KtdaFeatures) -> Tensor:
        """Return logits (B, K, h, w) at the size of the head's finest level."""
        indices = self.architecture.decode_head.in_index
        logits: Tensor = self.decode_head([features.modulated[index] for index in indices])
        return logits

    def auxiliary_logits(self, features: KtdaFeatures) -> list[Tensor]:
        """Return the logits (B, K, h, w) of each auxiliary head."""
        words = self.architecture.auxiliary_head
        if words is None or self.auxiliary_head is None:
            return []
        if isinstance(self.auxiliary_head, nn.ModuleList) and isinstance(words, tuple):
            pairs = list(zip(self.auxiliary_head, words, strict=True))
        else:
            pairs = [(self.auxiliary_head, words)]  # type: ignore[list-item]  # one head, one word
        return [head(features.modulated[word.in_index]) for head, word in pairs]

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, H, W), normalised, to logits (B, K, H, W)."""
        return resize(self.head_logits(self.features(images)), (images.shape[-2], images.shape[-1]))


def _modulation(words: ModulationWords) -> FeatureModulation:
    if words.kind == "mlp":
        make_block = partial(Bottleneck, reduction=words.reduction)
        return FeatureModulation(words.in_channels, words.blocks, make_block)
    return FeatureModulation(
        words.in_channels,
        words.blocks,
        partial(attention_block, num_heads=words.num_heads, mlp_ratio=words.mlp_ratio),
    )


def _decode_head(words: HeadWords) -> nn.Module:
    if words.kind == "segformer":
        return SegformerHead(words.in_channels, words.channels, words.num_classes, dropout=words.dropout)
    return UperHead(
        words.in_channels,
        words.channels,
        words.num_classes,
        pool_scales=words.pool_scales,
        dropout=words.dropout,
    )


def _auxiliary_head(words: AuxiliaryWords) -> FcnHead:
    return FcnHead(words.in_channels, words.channels, words.num_classes, dropout=words.dropout)
