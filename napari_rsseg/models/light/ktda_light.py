"""KTDA-light: KTDA's student, alignment, modulation and head at the size of a laptop."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional

from napari_rsseg.models.ktda import FeatureModulation, attention_block
from napari_rsseg.models.layers.statistics import freeze_statistics
from napari_rsseg.models.layers.timm_parts import create_model
from napari_rsseg.models.light.decoder import PyramidDecoder
from napari_rsseg.models.light.folding import fold_batch_norms
from napari_rsseg.models.network import SegmentationNetwork

__all__ = ["KtdaLight", "KtdaLightArchitecture"]


class KtdaLightArchitecture(BaseModel):
    """Arguments of `KtdaLight`.

    Attributes
    ----------
    student : str
        timm's name of the backbone.
    classes : int
        Number of output channels.
    width : int
        Channels of the aligned levels.
    blocks : int
        Attention blocks on each of the two coarsest levels; 0: no modulation.
    heads : int
        Attention heads of a block.
    input_scale : int
        The image is enlarged by this factor first, for scenes whose objects are a few pixels wide.
    dropout : float
        Share of channels dropped before the last convolution in training.
    folded : bool
        Whether the student's batch norms are written into its convolutions, as in files for prediction.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    student: Literal["tf_efficientnet_lite0"] = "tf_efficientnet_lite0"
    classes: Annotated[int, Field(ge=2, le=255)]
    width: Annotated[int, Field(ge=8, le=512, multiple_of=8)] = 64
    blocks: Annotated[int, Field(ge=0, le=8)] = 1
    heads: Annotated[int, Field(ge=1, le=16)] = 4
    input_scale: Literal[1, 2] = 1
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    folded: bool = False


class LevelAlignment(nn.Module):
    """FAM of KTDA-light: 1x1 convolution and group norm per level, each level on its own grid.

    The published alignment samples every level on one fixed square grid. Here the grids stay, so that the
    result does not depend on the tile's size and fine levels keep their detail; in training the teacher's
    tokens are sampled on these grids instead.

    Parameters
    ----------
    in_channels : sequence of int
        Width of each level of the student.
    width : int
        Width of every aligned level.
    """

    def __init__(self, in_channels: list[int], width: int) -> None:
        super().__init__()
        self.convert = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, width, 1, bias=False), nn.GroupNorm(8, width))
            for channels in in_channels
        )

    def forward(self, levels: list[Tensor]) -> list[Tensor]:
        """Map L tensors (B, in_channels[l], H_l, W_l) to (B, width, H_l, W_l)."""
        return [convert(level) for convert, level in zip(self.convert, levels, strict=True)]


class KtdaLight(SegmentationNetwork):
    """EfficientNet-lite0 student, FAM, FMM on the two coarsest levels, pyramid head.

    Parameters
    ----------
    architecture : KtdaLightArchitecture
        See there.
    """

    def __init__(self, architecture: KtdaLightArchitecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.stride_px = 32 // architecture.input_scale
        student: Any = create_model(architecture.student, pretrained=False, features_only=True)
        channels = list(student.feature_info.channels())
        if architecture.folded:
            fold_batch_norms(student)
        self.student = student
        self.alignment = LevelAlignment(channels, architecture.width)
        self.context = nn.Sequential(
            nn.Conv2d(channels[-1], architecture.width, 1, bias=True), nn.ReLU(inplace=True)
        )
        block = partial(attention_block, num_heads=architecture.heads, mlp_ratio=2.0)
        self.modulation = FeatureModulation([architecture.width] * 2, architecture.blocks, block)
        self.head = PyramidDecoder(
            architecture.width, len(channels), architecture.classes, dropout=architecture.dropout
        )

    def train(self, mode: bool = True) -> KtdaLight:
        """Set training mode; the statistics of the student's batch norms stay those of its pretraining."""
        super().train(mode)
        freeze_statistics(self.student)
        return self

    def enlarged(self, images: Tensor) -> Tensor:
        """Return what the student sees of images (B, 3, H, W)."""
        if self.architecture.input_scale == 1:
            return images
        scale = self.architecture.input_scale
        return functional.interpolate(images, scale_factor=scale, mode="bilinear", align_corners=False)

    def levels(self, images: Tensor) -> list[Tensor]:
        """Return the student's levels of images (B, 3, H, W), finest first."""
        levels: list[Tensor] = self.student(self.enlarged(images))
        return levels

    def aligned(self, images: Tensor) -> list[Tensor]:
        """Return the aligned levels (B, width, H / 2^(l+1), W / 2^(l+1)), finest first."""
        levels = self.levels(images)
        aligned: list[Tensor] = self.alignment(levels)
        context = self.context(levels[-1].mean(dim=(2, 3), keepdim=True))  # (B, width, 1, 1)
        aligned[-1] = aligned[-1] + context
        return aligned

    def decode(self, aligned: list[Tensor], size: torch.Size | tuple[int, int]) -> Tensor:
        """Map aligned levels to logits (B, K, *size)."""
        logits = self.head([*aligned[:-2], *self.modulation(aligned[-2:])])
        return functional.interpolate(logits, size=size, mode="bilinear", align_corners=False)

    def forward(self, images: Tensor) -> Tensor:
        """Map normalised images (B, 3, H, W) to logits (B, K, H, W)."""
        return self.decode(self.aligned(images), images.shape[-2:])

    def folded(self) -> KtdaLight:
        """Return a copy with the batch norms inside the convolutions: same function, every tensor trained."""
        copy = KtdaLight(self.architecture.model_copy(update={"folded": False}))
        copy.load_state_dict(self.state_dict())
        fold_batch_norms(copy.student)
        copy.architecture = self.architecture.model_copy(update={"folded": True})
        return copy.eval()
