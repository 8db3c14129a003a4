"""ConvNeXt files of its authors, of mmpretrain and of timm, brought to timm's keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from napari_rsseg.checkpoints.recognised import numbers_in
from napari_rsseg.checkpoints.renaming import renamed_tensors, rules_of

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from torch import Tensor

__all__ = ["convnext_name", "is_convnext", "timm_convnext"]

_RULES = rules_of(
    (r"^downsample_layers\.0\.", "stem."),
    (r"^downsample_layers\.(\d)\.", r"stages.\1.downsample."),
    (r"^stages\.(\d)\.(\d+)\.", r"stages.\1.blocks.\2."),
    (r"\.(?:dwconv|depthwise_conv)\.", ".conv_dw."),
    (r"\.(?:pwconv|pointwise_conv)([12])\.", r".mlp.fc\1."),
    (r"(blocks\.\d+)\.grn\.gamma$", r"\1.mlp.grn.weight"),
    (r"(blocks\.\d+)\.grn\.beta$", r"\1.mlp.grn.bias"),
    (r"^norm3?\.", "head.norm."),
    (r"^head\.(weight|bias)$", r"head.fc.\1"),
)
_POINTWISE = re.compile(r"\.mlp\.fc[12]\.weight$")
_RESPONSE = re.compile(r"\.mlp\.grn\.(?:weight|bias)$")
_SIZES: dict[tuple[tuple[int, ...], tuple[int, ...]], str] = {
    ((40, 80, 160, 320), (2, 2, 6, 2)): "atto",
    ((48, 96, 192, 384), (2, 2, 6, 2)): "femto",
    ((64, 128, 256, 512), (2, 2, 6, 2)): "pico",
    ((80, 160, 320, 640), (2, 2, 8, 2)): "nano",
    ((96, 192, 384, 768), (3, 3, 9, 3)): "tiny",
    ((96, 192, 384, 768), (3, 3, 27, 3)): "small",
    ((128, 256, 512, 1024), (3, 3, 27, 3)): "base",
    ((192, 384, 768, 1536), (3, 3, 27, 3)): "large",
    ((256, 512, 1024, 2048), (3, 3, 27, 3)): "xlarge",
    ((352, 704, 1408, 2816), (3, 3, 27, 3)): "huge",
}


def is_convnext(keys: Container[str]) -> bool:
    """Return whether the keys, without ``backbone.``, are those of a ConvNeXt."""
    return "downsample_layers.0.0.weight" in keys or "stages.0.blocks.0.conv_dw.weight" in keys


def timm_convnext(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename to timm's keys; pointwise layers become matrices, though timm's small sizes keep more axes."""
    is_timms = "stem.0.weight" in tensors
    renamed = renamed_tensors(tensors, () if is_timms else _RULES)
    for key, value in renamed.items():
        if _POINTWISE.search(key):
            renamed[key] = value.flatten(1)
        elif _RESPONSE.search(key):
            renamed[key] = value.flatten()
    return renamed


def convnext_name(tensors: Mapping[str, Tensor]) -> str | None:
    """Return timm's name of the size, told by widths and blocks of timm's keys; None for an unknown one.

    Raises
    ------
    KeyError
        When a tensor that tells a width is missing.
    """
    later = [tensors[f"stages.{stage}.downsample.1.weight"].shape[0] for stage in (1, 2, 3)]
    widths = (tensors["stem.0.weight"].shape[0], *later)
    depths = tuple(len(numbers_in(tensors, rf"stages\.{stage}\.blocks\.(\d+)\.")) for stage in range(4))
    size = _SIZES.get((widths, depths))
    kind = "convnextv2" if any(map(_RESPONSE.search, tensors)) else "convnext"
    return f"{kind}_{size}" if size else None
