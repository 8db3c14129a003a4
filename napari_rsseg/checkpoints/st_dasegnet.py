"""Between the keys of ST-DASegNet's parts and those of its published files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import torch

from napari_rsseg.checkpoints.mapping import from_published

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

__all__ = ["from_st_dasegnet", "st_dasegnet_key", "to_st_dasegnet"]

_BACKBONE = r"^((?:backbone_[st]|cross_EMA_backbone)\.)"
_RULES = tuple(
    (re.compile(_BACKBONE + ours), r"\1" + theirs)
    for ours, theirs in (
        (r"stages\.(\d)\.patch_embeddings\.proj\.", r"layers.\2.0.projection."),
        (r"stages\.(\d)\.patch_embeddings\.layer_norm\.", r"layers.\2.0.norm."),
        (r"stages\.(\d)\.layer_norm\.", r"layers.\2.2."),
        (r"stages\.(\d)\.blocks\.(\d+)\.", r"layers.\2.1.\3."),
        (r"(layers.*\.)layernorm_before\.", r"\2norm1."),
        (r"(layers.*\.)layernorm_after\.", r"\2norm2."),
        (r"(layers.*\.)attention\.[qkv]_proj\.", r"\2attn.attn.in_proj_"),
        (r"(layers.*\.)attention\.o_proj\.", r"\2attn.attn.out_proj."),
        (r"(layers.*\.)attention\.sequence_reduction\.sequence_reduction\.", r"\2attn.sr."),
        (r"(layers.*\.)attention\.sequence_reduction\.layer_norm\.", r"\2attn.norm."),
        (r"(layers.*\.)mlp\.fc1\.", r"\2ffn.layers.0."),
        (r"(layers.*\.)mlp\.dwconv\.dwconv\.", r"\2ffn.layers.1."),
        (r"(layers.*\.)mlp\.fc2\.", r"\2ffn.layers.4."),
        (r"conv1\.", "stem."),
        (r"bn1\.", "stem.7."),
    )
)
_PACKED = re.compile(r"\.attention\.([qkv])_proj\.(?:weight|bias)$")
_POINTWISE = re.compile(r"\.mlp\.fc[12]\.weight$")


def st_dasegnet_key(key: str) -> str:
    """Return the published key of one of `StDasegnet`'s or `AdaptationParts`'.

    Queries, keys and values of an attention have one published key in common.
    """
    for pattern, replacement in _RULES:
        key = pattern.sub(replacement, key)
    return key


def to_st_dasegnet(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename and pack tensors as published: one projection of 3 C rows, 1x1 convolutions instead of layers.

    Parameters
    ----------
    tensors : mapping of Tensor
        By our keys: weights, or gradients of them; all three parts of a projection, or none.

    Returns
    -------
    dict of Tensor
        By published key, in the order given.
    """
    packed: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        part = _PACKED.search(key)
        shaped = value[..., None, None] if _POINTWISE.search(key) else value
        packed.setdefault(st_dasegnet_key(key), {})[part[1] if part else "q"] = shaped
    return {
        key: torch.cat([parts[part] for part in "qkv"]) if len(parts) > 1 else parts["q"]
        for key, parts in packed.items()
    }


def from_st_dasegnet(network: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Pick, rename and unpack the tensors of a network, or of its parts, out of a published file.

    Parameters
    ----------
    network : Module
        The `StDasegnet` or `AdaptationParts` to be filled.
    tensors : mapping of Tensor
        By published key; what the network lacks is left.

    Returns
    -------
    dict of Tensor
        Complete, for ``network.load_state_dict``.

    Raises
    ------
    CheckpointError
        Tensors are missing or have another shape; the first few are named.
    """
    unpacked: dict[str, Tensor] = {}
    for key in network.state_dict():
        value = tensors.get(st_dasegnet_key(key))
        if value is None:
            continue
        if part := _PACKED.search(key):
            rows = len(value) // 3
            value = value.narrow(0, "qkv".index(part[1]) * rows, rows)
        elif _POINTWISE.search(key) and value.dim() == 4:
            value = value.flatten(1)
        unpacked[_slot(key)] = value
    return from_published(network, unpacked, _slot)


def _slot(key: str) -> str:
    """Return the published key, with the part's letter where several tensors are packed."""
    part = _PACKED.search(key)
    return f"{st_dasegnet_key(key)} ({part[1]})" if part else st_dasegnet_key(key)
