"""The published networks, and which of them a file is most like."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from napari_rsseg.checkpoints.comparing import compare
from napari_rsseg.checkpoints.families import empty_network, published_form, published_state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

__all__ = ["KNOWN", "KnownNetwork", "nearest_words"]

_LEAST_SHARE = 0.2
"""Of keys that agree: below it a likeness means nothing."""


@dataclass(frozen=True)
class KnownNetwork:
    """A published network by the words of a card."""

    title: str
    family: str
    architecture: Mapping[str, Any] = field(default_factory=dict)


def _sam_like(letter: str, width: int, depth: int, heads: int) -> tuple[KnownNetwork, KnownNetwork]:
    every = depth // 4
    sizes = {
        "embed_dim": width,
        "depth": depth,
        "num_heads": heads,
        "global_attn_indexes": tuple(range(every - 1, depth, every)),
    }
    return (
        KnownNetwork(f"TransLandSeg ViT-{letter.upper()}", "translandseg", sizes),
        KnownNetwork(f"SAM ViT-{letter.upper()}", "sam", {"encoder": f"vit_{letter}"}),
    )


_MIT_B5 = {
    "backbone": {"kind": "mit"},
    "neck": {"channels": (64, 128, 320, 512)},
    "head": {"kind": "segformer", "num_classes": 6},
}
_RESNET_50 = {
    "backbone": {"kind": "resnet_v1c"},
    "neck": {"channels": (256, 512, 1024, 2048)},
    "head": {"kind": "sep_aspp", "num_classes": 6},
}

KNOWN: tuple[KnownNetwork, ...] = (
    KnownNetwork("KTDA for grass", "ktda", {"decode_head": {"num_classes": 5}, "fam": {"output_size": 19}}),
    KnownNetwork("KTDA for clouds", "ktda", {"decode_head": {"num_classes": 4}, "fam": {"output_size": 37}}),
    *_sam_like("b", 768, 12, 12),
    *_sam_like("l", 1024, 24, 16),
    *_sam_like("h", 1280, 32, 16),
    KnownNetwork("MobileSAM", "sam", {"encoder": "vit_t"}),
    KnownNetwork("ST-DASegNet on MiT-b5", "stdasegnet", _MIT_B5),
    KnownNetwork("ST-DASegNet on ResNet-50", "stdasegnet", _RESNET_50),
    *(
        KnownNetwork(name, "backbone", {"library": library, "name": name})
        for library, names in (
            (
                "timm",
                ("convnext_tiny", "convnext_base", "vit_small_patch14_dinov2", "vit_base_patch14_dinov2"),
            ),
            ("transformers", ("mit-b0", "mit-b2", "mit-b5")),
        )
        for name in names
    ),
)


@cache
def _known_states() -> tuple[Mapping[str, Tensor], ...]:
    """Return keys and shapes of the known networks, made once: tensors without values."""
    return tuple(
        published_state(known.family, empty_network(known.family, known.architecture)) for known in KNOWN
    )


def nearest_words(tensors: Mapping[str, Tensor]) -> str:
    """Return a sentence on the known network that agrees best, empty where none is like it."""
    named = published_form(tensors)
    best, title, wanted = 0, "", 1
    for known, state in zip(KNOWN, _known_states(), strict=True):
        comparison = compare(state, named)
        if comparison.matching * wanted > best * comparison.wanted:
            best, title, wanted = comparison.matching, known.title, comparison.wanted
    return (
        f" They are most like {title}: {best} of its {wanted} keys." if best >= _LEAST_SHARE * wanted else ""
    )
