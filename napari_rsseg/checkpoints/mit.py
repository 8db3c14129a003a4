"""SegFormer's encoder: files of its authors, of mmsegmentation and of transformers, in transformers' keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from napari_rsseg.checkpoints.recognised import numbers_in
from napari_rsseg.checkpoints.renaming import rewritten, rules_of

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from torch import Tensor

__all__ = ["is_mit", "mit_name", "mit_sizes", "transformers_mit"]


def _less_one(digit: str) -> str:
    return str(int(digit) - 1)


_AUTHORS = (
    (r"^patch_embed(\d)\.proj\.", "stages.{}.patch_embeddings.proj."),
    (r"^patch_embed(\d)\.norm\.", "stages.{}.patch_embeddings.layer_norm."),
    (r"^block(\d)\.", "stages.{}.blocks."),
    (r"^norm(\d)\.", "stages.{}.layer_norm."),
)
"""Stages that count from one."""
_RULES = rules_of(
    (r"^(?:segformer\.)?encoder\.patch_embeddings\.(\d)\.", r"stages.\1.patch_embeddings."),
    (r"^(?:segformer\.)?encoder\.block\.(\d)\.(\d+)\.", r"stages.\1.blocks.\2."),
    (r"^(?:segformer\.)?encoder\.layer_norm\.(\d)\.", r"stages.\1.layer_norm."),
    (r"^segformer\.stages\.", "stages."),
    (r"^layers\.(\d)\.0\.projection\.", r"stages.\1.patch_embeddings.proj."),
    (r"^layers\.(\d)\.0\.norm\.", r"stages.\1.patch_embeddings.layer_norm."),
    (r"^layers\.(\d)\.1\.(\d+)\.", r"stages.\1.blocks.\2."),
    (r"^layers\.(\d)\.2\.", r"stages.\1.layer_norm."),
    (r"(blocks\.\d+)\.(?:norm1|layer_norm_1)\.", r"\1.layernorm_before."),
    (r"(blocks\.\d+)\.(?:norm2|layer_norm_2)\.", r"\1.layernorm_after."),
    (r"\.attn\.attn\.in_proj_", ".attention.qkv."),
    (r"\.attn\.attn\.out_proj\.", ".attention.o_proj."),
    (r"\.attn\.q\.", ".attention.q_proj."),
    (r"\.attn\.kv\.", ".attention.kv."),
    (r"\.attn\.proj\.", ".attention.o_proj."),
    (r"\.(?:attn|attention\.self)\.sr\.", ".attention.sequence_reduction.sequence_reduction."),
    (r"\.(?:attn\.norm|attention\.self\.layer_norm)\.", ".attention.sequence_reduction.layer_norm."),
    (r"\.attention\.self\.query\.", ".attention.q_proj."),
    (r"\.attention\.self\.key\.", ".attention.k_proj."),
    (r"\.attention\.self\.value\.", ".attention.v_proj."),
    (r"\.attention\.output\.dense\.", ".attention.o_proj."),
    (r"\.mlp\.dense([12])\.", r".mlp.fc\1."),
    (r"\.ffn\.layers\.0\.", ".mlp.fc1."),
    (r"\.ffn\.layers\.1\.", ".mlp.dwconv.dwconv."),
    (r"\.ffn\.layers\.4\.", ".mlp.fc2."),
)
_PACKED = re.compile(r"\.attention\.(qkv|kv)\.")
_LAYERS = re.compile(r"\.mlp\.fc[12]\.weight$")
_FIRSTS = (
    "patch_embed1.proj.weight",
    "encoder.patch_embeddings.0.proj.weight",
    "segformer.encoder.patch_embeddings.0.proj.weight",
    "segformer.stages.0.patch_embeddings.proj.weight",
    "stages.0.patch_embeddings.proj.weight",
    "layers.0.0.projection.weight",
)
_SIZES: dict[tuple[int, tuple[int, ...]], str] = {
    (32, (2, 2, 2, 2)): "mit-b0",
    (64, (2, 2, 2, 2)): "mit-b1",
    (64, (3, 4, 6, 3)): "mit-b2",
    (64, (3, 4, 18, 3)): "mit-b3",
    (64, (3, 8, 27, 3)): "mit-b4",
    (64, (3, 6, 40, 3)): "mit-b5",
}
_HEADS = (1, 2, 5, 8)


def is_mit(keys: Container[str]) -> bool:
    """Return whether the keys, without ``backbone.``, are those of a mix transformer."""
    return any(first in keys for first in _FIRSTS)


def transformers_mit(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename to transformers' keys; packed projections are parted, 1x1 convolutions become layers."""
    renamed: dict[str, Tensor] = {}
    for key, value in tensors.items():
        new = key
        for pattern, form in _AUTHORS:
            if found := re.match(pattern, new):
                new = form.format(_less_one(found[1])) + new[found.end() :]
        new = rewritten(new, _RULES)
        if packed := _PACKED.search(new):
            parts = value.chunk(len(packed[1]))
            renamed |= {
                new.replace(f".{packed[1]}.", f".{letter}_proj."): part
                for letter, part in zip(packed[1], parts, strict=True)
            }
        else:
            renamed[new] = value.flatten(1) if _LAYERS.search(new) else value
    return renamed


def mit_sizes(name: str) -> dict[str, Any]:
    """Return the arguments of transformers' configuration for a published size."""
    (width, depths) = next(size for size, known in _SIZES.items() if known == name)
    return {
        "depths": list(depths),
        "hidden_sizes": [width * heads for heads in _HEADS],
        "num_attention_heads": list(_HEADS),
    }


def mit_name(tensors: Mapping[str, Tensor]) -> str | None:
    """Return the size, told by width and blocks of transformers' keys; None for an unknown one.

    Raises
    ------
    KeyError
        When the first layer is missing.
    """
    width = tensors["stages.0.patch_embeddings.proj.weight"].shape[0]
    depths = tuple(len(numbers_in(tensors, rf"stages\.{stage}\.blocks\.(\d+)\.")) for stage in range(4))
    return _SIZES.get((width, depths))
