"""Files of SAM and MobileSAM, and of networks tuned from them: the size is told by the shapes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from napari_rsseg.checkpoints.mapping import from_published, sam_key
from napari_rsseg.checkpoints.recognised import RecognisedNetwork, numbers_in
from napari_rsseg.models.sam.architecture import SamArchitecture

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from torch import Tensor

__all__ = ["is_sam", "recognise_sam"]

_PATCH_PX = 16
_PUBLISHED: dict[tuple[int, int], Literal["vit_b", "vit_l", "vit_h"]] = {
    (768, 12): "vit_b",
    (1024, 24): "vit_l",
    (1280, 32): "vit_h",
}
_MOBILE = "image_encoder.patch_embed.seq.0.c.weight"


def is_sam(keys: Container[str]) -> bool:
    """Return whether the keys are those of an image encoder with SAM's prompt encoder and mask decoder."""
    return (
        "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix" in keys
        and "mask_decoder.iou_token.weight" in keys
        and (_MOBILE in keys or "image_encoder.pos_embed" in keys)
    )


def recognise_sam(tensors: Mapping[str, Tensor]) -> RecognisedNetwork:
    """Tell encoder and sizes.

    Raises
    ------
    KeyError
        When a tensor of the encoder or the decoder is missing.
    """
    if _MOBILE in tensors:
        architecture: dict[str, Any] = {"encoder": "vit_t"}
    else:
        sizes = vit_words(tensors)
        sizes["prompt_embed_dim"] = tensors["mask_decoder.iou_token.weight"].shape[1]
        sizes["mask_in_chans"] = tensors["prompt_encoder.mask_downscaling.3.weight"].shape[0]
        encoder = _PUBLISHED.get((sizes["embed_dim"], sizes["depth"]), "vit_b")
        usual = SamArchitecture(encoder=encoder)
        published = {**usual.model_dump(), **usual.vit._asdict()}
        own = {name: value for name, value in sizes.items() if value != published[name]}
        architecture = {"encoder": encoder, **own}
    return RecognisedNetwork("sam", architecture, partial(from_published, published_key=sam_key))


def vit_words(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return the sizes of SAM's image encoder: side of its input, width, depth, heads, windows.

    Raises
    ------
    KeyError
        When a tensor of the encoder is missing.
    """
    encoder = "image_encoder."
    _, side, _, width = tensors[f"{encoder}pos_embed"].shape
    blocks = numbers_in(tensors, r"image_encoder\.blocks\.(\d+)\.")
    spans = {block: len(tensors[f"{encoder}blocks.{block}.attn.rel_pos_h"]) for block in blocks}
    everywhere = tuple(block for block in blocks if spans[block] == 2 * side - 1)
    windows = {(span + 1) // 2 for block, span in spans.items() if block not in everywhere}
    return {
        "img_size": side * _PATCH_PX,
        "embed_dim": width,
        "depth": len(blocks),
        "num_heads": width // tensors[f"{encoder}blocks.0.attn.rel_pos_h"].shape[1],
        "window_size": windows.pop() if len(windows) == 1 else side,
        "global_attn_indexes": everywhere,
    }
