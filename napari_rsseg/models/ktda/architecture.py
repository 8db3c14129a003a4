"""The words that describe a KTDA network in a card, a recipe or a reference case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

__all__ = [
    "AlignmentWords",
    "AuxiliaryWords",
    "HeadWords",
    "KtdaArchitecture",
    "ModulationWords",
    "NeckWords",
    "StudentWords",
    "TeacherWords",
    "TestWords",
    "TimmStudentWords",
]

Count = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(ge=0, lt=1)]


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StudentWords(_Words):
    """ConvNeXt student.

    Attributes
    ----------
    depths, channels : tuple of 4 int
        Blocks and width of each stage.
    layer_scale : float
        Initial value of each block's scale; 0: no scale.
    grn : bool
        Global response normalisation of ConvNeXt V2.
    out_stages : tuple of int
        Stages whose normalised output is returned.
    drop_path : float
        Largest stochastic-depth rate.
    frozen_stages : int
        Leading stages that do not train; the output norms always do.
    """

    kind: Literal["convnext"] = "convnext"
    depths: tuple[Count, Count, Count, Count] = (3, 3, 27, 3)
    channels: tuple[Count, Count, Count, Count] = (128, 256, 512, 1024)
    layer_scale: Annotated[float, Field(ge=0)] = 1.0
    grn: bool = False
    out_stages: tuple[Annotated[int, Field(ge=0, le=3)], ...] = (0, 1, 2, 3)
    drop_path: Rate = 0.4
    frozen_stages: Annotated[int, Field(ge=0, le=4)] = 0

    @property
    def widths(self) -> tuple[int, ...]:
        """Width of each returned stage."""
        return tuple(self.channels[stage] for stage in self.out_stages)


class TimmStudentWords(_Words):
    """Any CNN of timm that returns several levels, as timm makes it.

    Attributes
    ----------
    name : str
        timm's name of it.
    widths : tuple of int
        Width of each returned level, finest first.
    out_indices : tuple of int
        Which of timm's levels are returned; the first one is usually at half the image's size.
    """

    kind: Literal["timm"]
    name: str
    widths: tuple[Count, ...]
    out_indices: tuple[Annotated[int, Field(ge=0)], ...] = (1, 2, 3, 4)


def _kind(words: object) -> str:
    if isinstance(words, Mapping):
        return str(words.get("kind", "convnext"))  # files written before there was a choice do not say
    return str(getattr(words, "kind", ""))


AnyStudentWords = Annotated[
    Annotated[StudentWords, Tag("convnext")] | Annotated[TimmStudentWords, Tag("timm")], Discriminator(_kind)
]


class TeacherWords(_Words):
    """Frozen vision transformer, used by the training loss only: any plain one, whatever its sizes.

    Attributes
    ----------
    embed_dims, depth, num_heads, feedforward : int
        Width, blocks, heads and hidden width of the transformer.
    img_size, patch_size : int
        Image side the position table is stored for, and patch side, pixels.
    layer_scale : float
        Initial value of the layer scales; a checkpoint replaces it. 0: no scales.
    out_indices : tuple of int
        Blocks (from 0) after which features are taken.
    """

    kind: Literal["vit"] = "vit"
    embed_dims: Count = 768
    depth: Count = 12
    num_heads: Count = 12
    feedforward: Count = 3072
    img_size: Count = 256
    patch_size: Count = 14
    layer_scale: float = 1e-5
    out_indices: tuple[Annotated[int, Field(ge=0)], ...] = (2, 5, 8, 11)


class AlignmentWords(_Words):
    """FAM: widths of the student's levels, width and grid side of the teacher."""

    in_channels: tuple[Count, ...] = (128, 256, 512, 1024)
    out_channels: Count = 768
    output_size: Count = 19


class NeckWords(_Words):
    """Neck: width of its inputs and outputs, and the scale factor of each output."""

    in_channels: tuple[Count, ...] = (768, 768, 768, 768)
    out_channels: Count = 768
    scales: tuple[Annotated[float, Field(gt=0)], ...] = (4, 2, 1, 0.5)


class ModulationWords(_Words):
    """FMM: transformer blocks (``num_heads``, ``mlp_ratio``) or bottlenecks (``reduction``) per level."""

    kind: Literal["vit_block", "mlp"] = "vit_block"
    in_channels: tuple[Count, ...] = (768, 768, 768, 768)
    blocks: Count = 4
    num_heads: Count = 8
    mlp_ratio: Annotated[float, Field(gt=0)] = 4
    reduction: Count = 4


class HeadWords(_Words):
    """Main head: UPerHead or SegformerHead on the levels ``in_index``.

    Attributes
    ----------
    pool_scales : tuple of int
        Grid sides of the pyramid pooling (``uper`` only).
    channels, num_classes : int
        Inner width and number of classes.
    dropout : float
        Rate of the channel dropout before the classifier.
    """

    kind: Literal["uper", "segformer"] = "uper"
    in_channels: tuple[Count, ...] = (768, 768, 768, 768)
    in_index: tuple[Annotated[int, Field(ge=0)], ...] = (0, 1, 2, 3)
    pool_scales: tuple[Count, ...] = (1, 2, 3, 6)
    channels: Count = 512
    num_classes: Annotated[int, Field(ge=1, le=255)]
    dropout: Rate = 0.1


class AuxiliaryWords(_Words):
    """Auxiliary head on one level, and the weight of its loss."""

    kind: Literal["fcn"] = "fcn"
    in_channels: Count = 768
    in_index: Annotated[int, Field(ge=0)] = 2
    channels: Count = 256
    num_classes: Annotated[int, Field(ge=1, le=255)]
    dropout: Rate = 0.1
    loss_weight: float = 0.4


class TestWords(_Words):
    """How the authors evaluate: the whole image, or windows of ``crop`` at ``stride`` (height, width)."""

    mode: Literal["whole", "slide"] = "whole"
    crop: tuple[Count, Count] | None = None
    stride: tuple[Count, Count] | None = None


class KtdaArchitecture(_Words):
    """A KTDA network and its loss.

    Attributes
    ----------
    student, teacher, fam, neck, fmm, decode_head, auxiliary_head
        The parts; ``neck``, ``fmm`` and ``auxiliary_head`` may be None, the last also a tuple of several.
    fuse : bool
        Add the levels into one after FAM.
    distill : bool
        Whether the loss has the knowledge-transfer term.
    temperature, alpha : float
        Of that term: softmax temperature, and share of the Kullback-Leibler part.
    test : TestWords
        The authors' evaluation.
    train_size : tuple of int or None
        Height and width of training images; information only.
    """

    kind: Literal["ktda"] = "ktda"
    student: AnyStudentWords = StudentWords()
    teacher: TeacherWords = TeacherWords()
    fam: AlignmentWords = AlignmentWords()
    neck: NeckWords | None = NeckWords()
    fmm: ModulationWords | None = ModulationWords()
    decode_head: HeadWords
    auxiliary_head: AuxiliaryWords | tuple[AuxiliaryWords, ...] | None = None
    fuse: bool = False
    distill: bool = True
    temperature: Annotated[float, Field(gt=0)] = 1.0
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.5
    test: TestWords = TestWords()
    train_size: tuple[Count, Count] | None = None

    @model_validator(mode="after")
    def _check(self) -> KtdaArchitecture:
        levels = self.student.widths
        if levels != self.fam.in_channels:
            raise ValueError(f"fam.in_channels {self.fam.in_channels} are not the student's widths {levels}")
        if len(self.decode_head.in_channels) != len(self.decode_head.in_index):
            raise ValueError("decode_head.in_channels and decode_head.in_index differ in length")
        return self
