"""The words that describe a SAM network in a card or a reference case."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["SamArchitecture", "VitSize"]

Count = Annotated[int, Field(ge=1)]


class VitSize(NamedTuple):
    """Width, blocks, heads, window side and blocks that attend over the whole grid."""

    embed_dim: int
    depth: int
    num_heads: int
    window_size: int
    global_attn_indexes: tuple[int, ...]


_PUBLISHED = {
    "vit_b": VitSize(768, 12, 12, 14, (2, 5, 8, 11)),
    "vit_l": VitSize(1024, 24, 16, 14, (5, 11, 17, 23)),
    "vit_h": VitSize(1280, 32, 16, 14, (7, 15, 23, 31)),
}
_SIZES = VitSize._fields


class SamArchitecture(BaseModel):
    """An image encoder, SAM's prompt encoder and SAM's mask decoder.

    Attributes
    ----------
    encoder : {"vit_b", "vit_l", "vit_h", "vit_t"}
        SAM's encoders by size, or MobileSAM's.
    img_size : int
        Side of the square input, pixels; 1024 for ``vit_t``.
    embed_dim, depth, num_heads, window_size : int, optional
        Of a ViT of another size than the published one.
    global_attn_indexes : tuple of int, optional
        Blocks of it that attend over the whole grid.
    prompt_embed_dim : int
        Channels of embedding and decoder; 256 for ``vit_t``.
    mask_in_chans : int
        Channels inside the branch that reads an earlier mask.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoder: Literal["vit_b", "vit_l", "vit_h", "vit_t"] = "vit_b"
    img_size: Annotated[int, Field(ge=16, multiple_of=16)] = 1024
    embed_dim: Count | None = None
    depth: Count | None = None
    num_heads: Count | None = None
    window_size: Count | None = None
    global_attn_indexes: tuple[Annotated[int, Field(ge=0)], ...] | None = None
    prompt_embed_dim: Annotated[int, Field(ge=16, multiple_of=8)] = 256
    mask_in_chans: Annotated[int, Field(ge=4, multiple_of=4)] = 16

    @model_validator(mode="after")
    def _check(self) -> SamArchitecture:
        if self.encoder == "vit_t":
            own = [name for name in _SIZES if getattr(self, name) is not None]
            if own or self.img_size != 1024 or self.prompt_embed_dim != 256:
                raise ValueError("vit_t has one size: img_size 1024, prompt_embed_dim 256, no others")
        elif self.vit.embed_dim % self.vit.num_heads:
            raise ValueError(f"embed_dim {self.vit.embed_dim} is no multiple of num_heads")
        return self

    @property
    def vit(self) -> VitSize:
        """Size of the ViT, the published one where nothing else is said; not of ``vit_t``."""
        own = {name: getattr(self, name) for name in _SIZES if getattr(self, name) is not None}
        return _PUBLISHED[self.encoder]._replace(**own)
