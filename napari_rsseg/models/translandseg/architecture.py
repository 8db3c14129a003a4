"""The words that describe a TransLandSeg network in a card, a recipe or a reference case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["TransLandSegArchitecture", "Variant"]

Variant = Literal["1_MidLay_m", "2_MidLay_m", "3_MidLay_c", "2m_3c", "outside_block", "outside_block_noskip"]
Count = Annotated[int, Field(ge=1)]


class TransLandSegArchitecture(BaseModel):
    """SAM's image encoder with ATL modules, and SAM's mask decoder without prompts.

    Attributes
    ----------
    inp_size : int
        Side of the square input, pixels; a multiple of 16.
    embed_dim, depth, num_heads, window_size : int
        Width, blocks, heads and window side of the encoder.
    global_attn_indexes : tuple of int
        Blocks that attend over the whole grid.
    out_chans, prompt_embed_dim : int
        Width of the encoder's neck and of the decoder; equal.
    variant : str
        ATL module, in the words of the authors' comments.
    scale_factor : int
        Divisor of ``embed_dim`` that gives the width inside the ATL modules.
    freq_nums : float
        Share of the spectrum's area that the high-pass image lacks.
    embedding_scramble : bool
        Feed the embedding branch the authors' reinterpreted memory (needed for their files) instead of plain
        tokens.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    inp_size: Annotated[int, Field(ge=16, multiple_of=16)] = 1024
    embed_dim: Count = 1024
    depth: Count = 24
    num_heads: Count = 16
    window_size: Count = 14
    global_attn_indexes: tuple[Annotated[int, Field(ge=0)], ...] = (5, 11, 17, 23)
    out_chans: Count = 256
    prompt_embed_dim: Count = 256
    variant: Variant = "1_MidLay_m"
    scale_factor: Count = 32
    freq_nums: Annotated[float, Field(ge=0, le=1)] = 0.25
    embedding_scramble: bool = True

    @model_validator(mode="after")
    def _check(self) -> TransLandSegArchitecture:
        if self.out_chans != self.prompt_embed_dim:
            raise ValueError(f"out_chans {self.out_chans} is not prompt_embed_dim {self.prompt_embed_dim}")
        if self.embed_dim % self.num_heads or self.embed_dim < self.scale_factor:
            raise ValueError(f"embed_dim {self.embed_dim} is no multiple of num_heads, or below scale_factor")
        return self
