"""Frozen vision transformers that teach: found by file name, read as data, asked for features."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_rsseg.checkpoints import from_published, mobile_sam_key, read_tensors
from napari_rsseg.models.layers.timm_parts import (
    VisionTransformer,
    convert_vision_transformer,
    create_model,
    is_vision_transformer,
)
from napari_rsseg.models.sam import MobileSamEncoder
from napari_rsseg.settings import cache_folder, weights_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Teacher", "find_teacher_file", "read_teacher"]

_LEVELS = 3
_SUFFIXES = {".safetensors", ".pt", ".pth"}
_MOBILE_SAM = "mobile_sam"
_OFFICIAL_DINOV2 = re.compile(r"dinov2_vit([sblg])14(_reg4?)?(_pretrain)?")  # file, or name on torch.hub
_SIZES = {"s": "small", "b": "base", "l": "large", "g": "giant"}
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_AT_ONCE = 4  # MobileSAM's first stage takes 0.2 GB an image


class Teacher(nn.Module, ABC):
    """A frozen network whose features of three depths a student imitates.

    Attributes
    ----------
    widths : tuple of int
        Channels of each depth.
    mean, std : tuple of float
        Normalisation of its input, for values of 0 to 1.
    """

    widths: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @abstractmethod
    def load(self, tensors: dict[str, Tensor]) -> None:
        """Take the published tensors, by their keys."""

    @abstractmethod
    def forward(self, images: Tensor) -> list[Tensor]:
        """Map normalised images (B, 3, H, W) to three tensors (B, widths[l], h, w), shallow first."""


class PlainTeacher(Teacher):
    """timm's vision transformer, DINOv2 among them: the tokens after each third of its blocks.

    Parameters
    ----------
    name : str
        timm's name of the model.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        vit: Any = create_model(name, pretrained=False, num_classes=0, dynamic_img_size=True)
        self.widths = (vit.embed_dim,) * _LEVELS
        self.mean, self.std = vit.pretrained_cfg["mean"], vit.pretrained_cfg["std"]
        assert isinstance(vit, VisionTransformer)
        self.vit = vit

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Take timm's tensors, or those of an official DINOv2 file."""
        self.vit.load_state_dict(from_published(self.vit, convert_vision_transformer(tensors, self.vit)))

    def forward(self, images: Tensor) -> list[Tensor]:
        """Look at the images at their own size, to whole patches."""
        patch = self.vit.patch_embed.patch_size[0]
        side = max(patch, round(images.shape[-1] / patch) * patch)
        seen = functional.interpolate(images, size=(side, side), mode="bilinear", align_corners=False)
        depth = len(self.vit.blocks)
        taken = [depth * part // _LEVELS - 1 for part in range(1, _LEVELS + 1)]
        return list(self.vit.get_intermediate_layers(seen, n=taken, reshape=True))


class MobileSamTeacher(Teacher):
    """MobileSAM's image encoder: two attention stages and the embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = MobileSamEncoder()
        self.widths = self.encoder.widths
        self.mean, self.std = _IMAGENET

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Take the image encoder out of ``mobile_sam.pt``."""
        self.encoder.load_state_dict(from_published(self.encoder, tensors, mobile_sam_key))

    def forward(self, images: Tensor) -> list[Tensor]:
        """Look at the images enlarged to 1024 px, the one size the encoder is made for."""
        side = self.encoder.side_px
        parts = [
            self.encoder.features(
                functional.interpolate(some, size=(side, side), mode="bilinear", align_corners=False)
            )
            for some in images.split(_AT_ONCE)
        ]
        return [torch.cat(level) for level in zip(*parts, strict=True)]


def find_teacher_file() -> Path | None:
    """Return the first teacher's file in ``RSSEG_WEIGHTS``, then in the cache's ``weights``; None for none.

    Known by name are DINOv2's official files (``dinov2_vits14_pretrain.pth``), ``mobile_sam.pt``, and files
    called as a vision transformer of timm (``vit_small_patch14_dinov2.lvd142m.safetensors``). In one folder
    DINOv2, which the paper learns from, goes before MobileSAM, and that before all others.
    """
    for folder in (weights_folder(), cache_folder() / "weights"):
        found = sorted(
            (_preference(name), path)
            for path in folder.glob("*")
            if path.suffix in _SUFFIXES and (name := _name(path)) is not None
        )
        if found:
            return found[0][1]
    return None


def read_teacher(path: Path) -> Teacher:
    """Read the teacher that a file of `find_teacher_file` holds.

    Parameters
    ----------
    path : Path
        Its name says which network its tensors belong to.

    Raises
    ------
    CheckpointError
        The file is damaged, or holds other tensors than its name says.
    """
    name = _name(path)
    assert name is not None
    teacher = MobileSamTeacher() if name == _MOBILE_SAM else PlainTeacher(name)
    teacher.load({key: tensor.float() for key, tensor in read_tensors(path).items()})
    teacher.requires_grad_(requires_grad=False)
    return teacher.eval()


def _name(path: Path) -> str | None:
    """Return timm's name of what a file holds, MobileSAM's, or None for another file."""
    official = _OFFICIAL_DINOV2.fullmatch(path.stem)
    if official:
        registers = "_reg4" if official[2] else ""
        return f"vit_{_SIZES[official[1]]}_patch14{registers}_dinov2"
    if path.stem == _MOBILE_SAM:
        return _MOBILE_SAM
    name = path.stem.removesuffix("_fp16")
    return name if is_vision_transformer(name) else None


def _preference(name: str) -> int:
    return 0 if "dinov2" in name else 1 if name == _MOBILE_SAM else 2
