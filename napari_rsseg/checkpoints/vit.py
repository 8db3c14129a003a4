"""Plain vision transformers, DINOv2 first of all: files of torch.hub, mmpretrain and timm, in timm's keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.checkpoints.recognised import numbers_in
from napari_rsseg.checkpoints.renaming import renamed_tensors, rules_of

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from torch import Tensor

__all__ = ["is_vit", "timm_vit", "vit_name"]

_RULES = rules_of(
    (r"^patch_embed\.projection\.", "patch_embed.proj."),
    (r"^ln1\.", "norm."),
    (r"^layers\.(\d+)\.ln([12])\.", r"blocks.\1.norm\2."),
    (r"^layers\.(\d+)\.attn\.gamma1\.weight$", r"blocks.\1.ls1.gamma"),
    (r"^layers\.(\d+)\.ffn\.gamma2\.weight$", r"blocks.\1.ls2.gamma"),
    (r"^layers\.(\d+)\.ffn\.layers\.0\.0\.", r"blocks.\1.mlp.fc1."),
    (r"^layers\.(\d+)\.ffn\.layers\.1\.", r"blocks.\1.mlp.fc2."),
    (r"^layers\.", "blocks."),
    (r"^register_tokens$", "reg_token"),
    (r"\.mlp\.w12\.", ".mlp.fc1."),
    (r"\.mlp\.w3\.", ".mlp.fc2."),
)
_WIDTHS = {
    (192, 12): "tiny",
    (384, 12): "small",
    (768, 12): "base",
    (1024, 24): "large",
    (1280, 32): "huge",
    (1536, 40): "giant",
}
_DINOV2_TOKENS = 37 * 37
_IMAGENET_PX = {224: "224", 384: "384"}


def is_vit(keys: Container[str]) -> bool:
    """Return whether the keys, without ``backbone.``, are those of a plain vision transformer."""
    return "pos_embed" in keys and (
        ("patch_embed.proj.weight" in keys and "blocks.0.attn.qkv.weight" in keys)
        or ("patch_embed.projection.weight" in keys and "layers.0.attn.qkv.weight" in keys)
    )


def timm_vit(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename to timm's keys; with registers the class token takes its position in, as timm stores it."""
    renamed = renamed_tensors(tensors, _RULES)
    if "register_tokens" in tensors and {"pos_embed", "cls_token"} <= renamed.keys():
        positions = renamed["pos_embed"]
        renamed["cls_token"] = renamed["cls_token"] + positions[:, :1]
        renamed["pos_embed"] = positions[:, 1:]
    return renamed


def vit_name(tensors: Mapping[str, Tensor]) -> str | None:
    """Return timm's name, told by width, blocks, patch and number of positions; None for an unknown one.

    Raises
    ------
    KeyError
        When a tensor that tells a size is missing.
    """
    width, _, patch, _ = tensors["patch_embed.proj.weight"].shape
    size = _WIDTHS.get((width, len(numbers_in(tensors, r"blocks\.(\d+)\."))))
    registers = "reg_token" in tensors
    positions = tensors["pos_embed"].shape[1] - (0 if registers else 1)
    if size is None:
        return None
    if patch == 14 and positions == _DINOV2_TOKENS:
        return f"vit_{size}_patch14_{'reg4_' if registers else ''}dinov2"
    side = _IMAGENET_PX.get(round(positions**0.5) * patch)
    return f"vit_{size}_patch{patch}_{side}" if side else None
