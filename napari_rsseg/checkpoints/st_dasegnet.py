"""Between the keys of ST-DASegNet's parts and those of its published files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import torch

from napari_rsseg.checkpoints.config_text import section_of
from napari_rsseg.checkpoints.mapping import from_published
from napari_rsseg.checkpoints.recognised import RecognisedNetwork, numbers_in
from napari_rsseg.checkpoints.renaming import rewritten, rules_of

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from torch import Tensor, nn

__all__ = [
    "from_st_dasegnet",
    "is_st_dasegnet",
    "recognise_st_dasegnet",
    "st_dasegnet_key",
    "to_st_dasegnet",
]

_BACKBONE = r"^((?:backbone_[st]|cross_EMA_backbone)\.)"
_RULES = rules_of(
    *(
        (_BACKBONE + ours, r"\1" + theirs)
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
)
_PACKED = re.compile(r"\.attention\.([qkv])_proj\.(?:weight|bias)$")
_POINTWISE = re.compile(r"\.mlp\.fc[12]\.weight$")


def st_dasegnet_key(key: str) -> str:
    """Return the published key of one of `StDasegnet`'s or `AdaptationParts`'.

    Queries, keys and values of an attention have one published key in common.
    """
    return rewritten(key, _RULES)


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


def is_st_dasegnet(keys: Container[str]) -> bool:
    """Return whether the keys are those of two students with a neck in common."""
    return "dsk_neck.dsk_neck1.fc.weight" in keys and "decode_head_t.conv_seg.weight" in keys


def recognise_st_dasegnet(tensors: Mapping[str, Tensor], config: str | None) -> RecognisedNetwork:
    """Tell backbone, neck and head; what no tensor tells comes from the configuration or is as published."""
    assumed: list[str] = []
    said = section_of(config, "model", "backbone_s")

    def told(name: str, published: Any) -> Any:
        if name not in said:
            assumed.append(f"backbone {name} {published}")
        return said.get(name, published)

    if "backbone_s.stem.0.weight" in tensors:
        base = tensors["backbone_s.layer1.0.conv1.weight"].shape[0]
        backbone = {
            "kind": "resnet_v1c",
            "base_channels": base,
            "stem_channels": tensors["backbone_s.stem.6.weight"].shape[0],
        }
        widths = tuple(4 * base * 2**stage for stage in range(4))
    else:
        backbone, widths = _mit(tensors, told)
    head = _head(tensors)
    universal = "dsk_neck.dsk_neck4.conv_s.conv.weight"
    return RecognisedNetwork(
        "stdasegnet",
        {
            "backbone": backbone,
            "neck": {
                "channels": widths,
                "type": "ds2" if universal in tensors else "dsk",
                "L": _least_width(tensors, widths),
            },
            "head": head,
        },
        from_st_dasegnet,
        tuple(assumed),
    )


def _mit(tensors: Mapping[str, Tensor], told: Any) -> tuple[dict[str, Any], tuple[int, ...]]:
    stages = [f"backbone_s.layers.{stage}." for stage in range(4)]
    embeddings = [tensors[f"{stage}0.projection.weight"] for stage in stages]
    widths = tuple(embedding.shape[0] for embedding in embeddings)
    reductions = [tensors.get(f"{stage}1.0.attn.sr.weight") for stage in stages]
    inner = tensors[f"{stages[0]}1.0.ffn.layers.0.weight"].shape[0]
    heads = tuple(told("num_heads", (1, 2, 5, 8)))
    return {
        "kind": "mit",
        "embed_dims": widths[0] // heads[0],
        "depths": tuple(
            len(numbers_in(tensors, rf"backbone_s\.layers\.{stage}\.1\.(\d+)\.")) for stage in range(4)
        ),
        "heads": heads,
        "sr_ratios": tuple(1 if reduction is None else reduction.shape[-1] for reduction in reductions),
        "patch_sizes": tuple(embedding.shape[-1] for embedding in embeddings),
        "strides": tuple(told("strides", (4, 2, 2, 2))),
        "mlp_ratio": inner // widths[0],
        "drop_path": 0.0,
    }, widths


def _head(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    head = "decode_head_s."
    classes, channels = tensors[f"{head}conv_seg.weight"].shape[:2]
    common = {"channels": channels, "num_classes": classes, "dropout": 0.0}
    if f"{head}c1_bottleneck.conv.weight" in tensors:
        reduced, finest = tensors[f"{head}c1_bottleneck.conv.weight"].shape[:2]
        return {
            **common,
            "kind": "sep_aspp",
            "in_channels": tensors[f"{head}aspp_modules.0.conv.weight"].shape[1],
            "c1_in_channels": finest,
            "c1_channels": reduced,
        }
    levels = tuple(tensors[f"{head}convs.{level}.conv.weight"].shape[1] for level in range(4))
    return {**common, "kind": "segformer", "in_channels": levels}


def _least_width(tensors: Mapping[str, Tensor], widths: tuple[int, ...]) -> int:
    """Return the least width of the channel selection, told by the narrowest level where it binds."""
    narrow = tensors["dsk_neck.dsk_neck1.fc.weight"].shape[0]
    return narrow if narrow > widths[0] // 8 else 8
