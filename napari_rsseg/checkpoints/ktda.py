"""KTDA's published files: sizes from shapes, and what no tensor tells from the stored configuration."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari_rsseg.checkpoints.config_text import section_of
from napari_rsseg.checkpoints.mapping import from_published, ktda_key
from napari_rsseg.checkpoints.recognised import RecognisedNetwork, numbers_in

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from torch import Tensor

__all__ = ["is_ktda", "recognise_ktda"]


def is_ktda(keys: Container[str]) -> bool:
    """Return whether the keys are those of a ConvNeXt student whose features are aligned."""
    return "fam.convert.0.weight" in keys and "backbone.downsample_layers.0.0.weight" in keys


def recognise_ktda(tensors: Mapping[str, Tensor], config: str | None) -> RecognisedNetwork:
    """Read the sizes off; what no tensor tells comes from the stored configuration or the published ones."""
    said = section_of(config, "model")
    classes = tensors["decode_head.conv_seg.weight"].shape[0]
    aligned = tensors["fam.convert.0.weight"].shape[0]
    levels = numbers_in(tensors, r"fam\.convert\.(\d+)\.weight$")
    assumed: list[str] = []

    def told(part: str, name: str, published: Any) -> Any:
        section = said.get(part)
        value = section.get(name) if isinstance(section, dict) else None
        if value is None:
            assumed.append(f"{part}.{name} {published}")
            return published
        return value

    widths = (aligned,) * len(levels)
    architecture: dict[str, Any] = {
        "student": _student(tensors),
        "fam": {
            "in_channels": tuple(tensors[f"fam.convert.{level}.weight"].shape[1] for level in levels),
            "out_channels": aligned,
            "output_size": told("fam", "output_size", 37 if classes == 4 else 19),
        },
        "neck": None,
        "fmm": None,
        "decode_head": _main_head(tensors, told),
        "auxiliary_head": _auxiliary_heads(tensors, said.get("auxiliary_head")),
        "fuse": bool(said.get("fuse", False)),
    }
    if "neck.convs.0.conv.weight" in tensors:
        outputs = numbers_in(tensors, r"neck\.convs\.(\d+)\.")
        architecture["neck"] = {
            "in_channels": widths if not architecture["fuse"] else (aligned,),
            "out_channels": tensors["neck.convs.0.conv.weight"].shape[0],
            "scales": told("neck", "scales", (4, 2, 1, 0.5) if len(outputs) == 4 else (1,)),
        }
    if "fmm.adapters.0.0.attn.qkv.weight" in tensors:
        width = tensors["fmm.adapters.0.0.attn.qkv.weight"].shape[1]
        architecture["fmm"] = {
            "kind": "vit_block",
            "num_heads": told("fmm", "num_heads", 8),
            "mlp_ratio": tensors["fmm.adapters.0.0.mlp.fc1.weight"].shape[0] / width,
        }
    elif "fmm.adapters.0.0.fc1.weight" in tensors:
        inner, width = tensors["fmm.adapters.0.0.fc1.weight"].shape
        architecture["fmm"] = {"kind": "mlp", "reduction": width // inner}
    if architecture["fmm"] is not None:
        modulated = numbers_in(tensors, r"fmm\.adapters\.(\d+)\.")
        architecture["fmm"] |= {
            "in_channels": (width,) * len(modulated),
            "blocks": len(numbers_in(tensors, r"fmm\.adapters\.0\.(\d+)\.")),
        }
    return RecognisedNetwork(
        "ktda", architecture, partial(from_published, published_key=ktda_key), tuple(assumed)
    )


def _student(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    stem = tensors["backbone.downsample_layers.0.0.weight"].shape[0]
    blocks = [numbers_in(tensors, rf"backbone\.stages\.{stage}\.(\d+)\.") for stage in range(4)]
    later = (tensors[f"backbone.downsample_layers.{stage}.1.weight"].shape[0] for stage in (1, 2, 3))
    return {
        "channels": (stem, *later),
        "depths": tuple(map(len, blocks)),
        "layer_scale": 1.0 if "backbone.stages.0.0.gamma" in tensors else 0.0,
        "grn": any(key.endswith(".grn.gamma") for key in tensors),
        "out_stages": numbers_in(tensors, r"backbone\.norm(\d)\."),
        "drop_path": 0.0,
    }


def _main_head(tensors: Mapping[str, Tensor], told: Callable[[str, str, Any], Any]) -> dict[str, Any]:
    head = "decode_head."
    classes, channels = tensors[f"{head}conv_seg.weight"].shape[:2]
    if f"{head}fpn_bottleneck.conv.weight" not in tensors:
        levels = numbers_in(tensors, r"decode_head\.convs\.(\d+)\.")
        widths = tuple(tensors[f"{head}convs.{level}.conv.weight"].shape[1] for level in levels)
        kind: dict[str, Any] = {"kind": "segformer"}
    else:
        laterals = numbers_in(tensors, r"decode_head\.lateral_convs\.(\d+)\.")
        widths = tuple(tensors[f"{head}lateral_convs.{level}.conv.weight"].shape[1] for level in laterals)
        pooled = len(numbers_in(tensors, r"decode_head\.psp_modules\.(\d+)\."))
        widths += (tensors[f"{head}psp_modules.0.1.conv.weight"].shape[1],)
        kind = {
            "kind": "uper",
            "pool_scales": told("decode_head", "pool_scales", (1, 2, 3, 6) if pooled == 4 else (1,)),
        }
    return {
        **kind,
        "in_channels": widths,
        "in_index": told("decode_head", "in_index", tuple(range(len(widths)))),
        "channels": channels,
        "num_classes": classes,
        "dropout": 0.0,
    }


def _auxiliary_heads(tensors: Mapping[str, Tensor], said: Any) -> Any:
    """Return one head, a tuple of several, or None; published files of one and of several differ in keys."""
    several = numbers_in(tensors, r"auxiliary_head\.(\d+)\.")
    prefixes = [f"auxiliary_head.{index}." for index in several]
    if not several and "auxiliary_head.conv_seg.weight" in tensors:
        prefixes = ["auxiliary_head."]
    words = said if isinstance(said, list | tuple) else [said] * len(prefixes)
    heads = []
    for prefix, word in zip(prefixes, words, strict=True):
        classes, channels = tensors[f"{prefix}conv_seg.weight"].shape[:2]
        heads.append(
            {
                "in_channels": tensors[f"{prefix}convs.0.conv.weight"].shape[1],
                "in_index": word.get("in_index", 2) if isinstance(word, dict) else 2,
                "channels": channels,
                "num_classes": classes,
                "dropout": 0.0,
            }
        )
    if several:
        return tuple(heads)
    return heads[0] if heads else None
