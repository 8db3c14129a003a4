"""The words that describe an ST-DASegNet network in a card, a recipe or a reference case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "AsppHeadWords",
    "BackboneWords",
    "DiscriminatorWords",
    "EmaWords",
    "HeadWords",
    "MitWords",
    "NeckWords",
    "ResNetWords",
    "SegformerHeadWords",
    "StDasegnetArchitecture",
    "TestWords",
    "TimmWords",
]

Count = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(ge=0, lt=1)]
Share = Annotated[float, Field(ge=0, le=1)]
FourCounts = tuple[Count, Count, Count, Count]
Weights = tuple[Annotated[float, Field(ge=0)], ...]


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MitWords(_Words):
    """SegFormer's encoder; the defaults are MiT-b5.

    Attributes
    ----------
    embed_dims : int
        Width per head; stage i is ``embed_dims * heads[i]`` wide.
    depths, heads, sr_ratios, patch_sizes, strides : tuple of 4 int
        Blocks, heads, reduction of keys and values, kernel and stride of the embedding of each stage.
    mlp_ratio : int
        Inner width of the feed-forward part over its outer one.
    drop_path : float
        Largest stochastic-depth rate.
    """

    kind: Literal["mit"] = "mit"
    embed_dims: Count = 64
    depths: FourCounts = (3, 6, 40, 3)
    heads: FourCounts = (1, 2, 5, 8)
    sr_ratios: FourCounts = (8, 4, 2, 1)
    patch_sizes: FourCounts = (7, 3, 3, 3)
    strides: FourCounts = (4, 2, 2, 2)
    mlp_ratio: Count = 4
    drop_path: Rate = 0.1

    @property
    def widths(self) -> tuple[int, ...]:
        """Width of each stage."""
        return tuple(self.embed_dims * heads for heads in self.heads)


class ResNetWords(_Words):
    """ResNet-50 v1c (deep stem) at stride 8, as the DeepLabV3+ configurations use it.

    Attributes
    ----------
    base_channels, stem_channels : int
        Planes of the first stage, doubled per stage, and width of the stem; both 64 as published.
    depth, strides, dilations, contract_dilation
        As published; there is no other variant.
    """

    kind: Literal["resnet_v1c"] = "resnet_v1c"
    depth: Literal[50] = 50
    base_channels: Count = 64
    stem_channels: Annotated[int, Field(ge=2, multiple_of=2)] = 64
    strides: tuple[Literal[1], Literal[2], Literal[1], Literal[1]] = (1, 2, 1, 1)
    dilations: tuple[Literal[1], Literal[1], Literal[2], Literal[4]] = (1, 1, 2, 4)
    contract_dilation: Literal[True] = True

    @property
    def widths(self) -> tuple[int, ...]:
        """Width of each stage."""
        return tuple(4 * self.base_channels * 2**stage for stage in range(4))


class TimmWords(_Words):
    """Any CNN of timm with levels at 1/4, 1/8, 1/16 and 1/32, for light networks; it has no published twin.

    The statistics of its batch norms stay those of the pretraining.

    Attributes
    ----------
    name : str
        timm's name of it.
    widths : tuple of 4 int
        Width of each returned level, finest first.
    out_indices : tuple of 4 int
        Which of timm's levels are returned; the first one is usually at half the image's size.
    """

    kind: Literal["timm"]
    name: str
    widths: FourCounts
    out_indices: tuple[Annotated[int, Field(ge=0)], ...] = (1, 2, 3, 4)


BackboneWords = Annotated[MitWords | ResNetWords | TimmWords, Field(discriminator="kind")]


class NeckWords(_Words):
    """The domain-disentangled module.

    Attributes
    ----------
    kind : {"ml", "dsk", "ds2"}
        All levels, or one unit alone; networks take ``ml``.
    channels : tuple of int, or int
        Width of each level, finest first, or of the one unit.
    type : {"ds2", "dsk"}
        Unit of the deepest level.
    r, L : int
        Reduction and least width of the channel selection. With ``ml`` the reduction is always 8, whatever
        ``r`` says: so the published code does.
    """

    kind: Literal["ml", "dsk", "ds2"] = "ml"
    channels: tuple[Count, ...] | Count = (64, 128, 320, 512)
    type: Literal["ds2", "dsk"] = "ds2"
    r: Count = 8
    L: Count = 8


class _HeadWords(_Words):
    """What both heads have: inner width, classes, channel dropout, class weights of their cross-entropies."""

    channels: Count
    num_classes: Annotated[int, Field(ge=2, le=255)]
    dropout: Rate = 0.1
    class_weight_s: Weights | None = None
    class_weight_t: Weights | None = None


class SegformerHeadWords(_HeadWords):
    """SegFormer's head on four levels."""

    kind: Literal["segformer"] = "segformer"
    in_channels: FourCounts = (64, 128, 320, 576)
    channels: Count = 256


class AsppHeadWords(_HeadWords):
    """DeepLabV3+'s head on the deepest and the finest level.

    Attributes
    ----------
    in_channels, c1_in_channels, c1_channels : int
        Width of the deepest level, of the finest, and what the finest is reduced to.
    dilations : tuple of int
        Of the parallel branches.
    """

    kind: Literal["sep_aspp"] = "sep_aspp"
    in_channels: Count = 2304
    channels: Count = 512
    c1_in_channels: Count = 256
    c1_channels: Count = 48
    dilations: tuple[Count, ...] = (1, 12, 24, 36)


HeadWords = Annotated[SegformerHeadWords | AsppHeadWords, Field(discriminator="kind")]


class DiscriminatorWords(_Words):
    """Discriminators: width of the feature, base width, number of widenings, weight of every term."""

    in_channels: Count = 512
    base_channels: Count = 64
    num_conv: Count = 2
    loss_weight: Annotated[float, Field(ge=0)] = 0.005


class EmaWords(_Words):
    """Teachers and their pseudo labels.

    Attributes
    ----------
    type : {"decoder_only_t", "single_t"}
        Two decoders, or one backbone and decoder of the target branch.
    decay : float
        Largest share kept per update.
    ratio : float
        Weight of the target losses.
    threshold, rare_threshold : float
        Confidence that counts into the batch's share, and that gets the class weight; the second may be None.
    class_weight : tuple of float or None
        Weight of each pseudo class; None: every pixel weighs the batch's share.
    low_confidence : float
        Share of that which a pixel under ``rare_threshold`` gets; 0 drops such pixels.
    """

    type: Literal["decoder_only_t", "single_t"] = "decoder_only_t"
    decay: Share = 0.999
    ratio: Annotated[float, Field(ge=0)] = 0.25
    threshold: Share = 0.975
    rare_threshold: Share | None = 0.8
    class_weight: Weights | None = None
    low_confidence: Share = 0.5


class TestWords(_Words):
    """How the authors evaluate: the whole image, or windows of ``crop_size`` at ``stride``."""

    mode: Literal["whole", "slide"] = "whole"
    crop_size: tuple[Count, Count] | None = None
    stride: tuple[Count, Count] | None = None


class StDasegnetArchitecture(_Words):
    """An ST-DASegNet network, and what trains it.

    Attributes
    ----------
    backbone, neck, head
        The network; both branches are alike.
    discriminator, ema
        Of training only.
    test : TestWords
        The authors' evaluation.
    """

    backbone: BackboneWords = MitWords()
    neck: NeckWords = NeckWords()
    head: HeadWords
    discriminator: DiscriminatorWords = DiscriminatorWords()
    ema: EmaWords = EmaWords()
    test: TestWords = TestWords()

    @model_validator(mode="after")
    def _check(self) -> StDasegnetArchitecture:
        widths = self.backbone.widths
        if self.neck.kind != "ml" or self.neck.channels != widths:
            raise ValueError(f"neck.channels {self.neck.channels} are not the backbone's widths {widths}")
        universal = max(widths[-1] // 8, self.neck.L) if self.neck.type == "ds2" else 0
        levels = (*widths[:-1], widths[-1] + universal)
        wanted = levels if self.head.kind == "segformer" else levels[-1]
        if self.head.in_channels != wanted:
            raise ValueError(f"head.in_channels {self.head.in_channels} are not the neck's widths {wanted}")
        if self.head.kind == "sep_aspp" and self.head.c1_in_channels != levels[0]:
            raise ValueError(f"head.c1_in_channels {self.head.c1_in_channels} is not {levels[0]}")
        for name, weights in (
            ("head.class_weight_s", self.head.class_weight_s),
            ("head.class_weight_t", self.head.class_weight_t),
            ("ema.class_weight", self.ema.class_weight),
        ):
            if weights is not None and len(weights) != self.head.num_classes:
                raise ValueError(f"{name} has {len(weights)} entries for {self.head.num_classes} classes")
        return self
