"""SAM's image encoder with a prompt before each block, or an adapter inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_rsseg.models.layers.grid_attention import GridAttention
from napari_rsseg.models.layers.sam_neck import sam_neck
from napari_rsseg.models.layers.sam_parts import (
    LayerNorm2d,
    MLPBlock,
    PatchEmbed,
    window_partition,
    window_unpartition,
)
from napari_rsseg.models.translandseg.prompts import PATCH, PromptGenerator

if TYPE_CHECKING:
    from napari_rsseg.models.translandseg.architecture import TransLandSegArchitecture

__all__ = ["PromptedEncoder"]

_EPS = 1e-6  # of the encoder's LayerNorms


class _SpaceAdapter(nn.Module):
    """The authors' adapter after attention; its last convolution and norm are used three times."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.D_fc1 = nn.Linear(width, width // 4)
        self.D_fc2 = nn.Linear(width // 4, width)
        self.D_Con = nn.Conv2d(width, width, 1)
        self.D_LN = LayerNorm2d(width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (B, n, n, D) to (B, n, n, D)."""
        grid: Tensor = self.D_fc2(functional.gelu(self.D_fc1(tokens))).permute(0, 3, 1, 2)  # (B, D, n, n)
        for _ in range(3):
            grid = functional.gelu(self.D_LN(self.D_Con(grid)))
        return grid.permute(0, 2, 3, 1)


class _Block(nn.Module):
    """SAM's transformer block with its keys; attention over windows or, with size 0, the whole grid."""

    def __init__(self, words: TransLandSegArchitecture, window: int) -> None:
        super().__init__()
        width = words.embed_dim
        side = window or words.inp_size // PATCH
        self.window = window
        self.adapter_skips = words.variant != "outside_block_noskip"
        self.norm1 = nn.LayerNorm(width, eps=_EPS)
        self.attn = GridAttention(width, words.num_heads, use_rel_pos=True, input_size=(side, side))
        self.norm2 = nn.LayerNorm(width, eps=_EPS)
        self.mlp = MLPBlock(embedding_dim=width, mlp_dim=4 * width)
        if words.variant.startswith("outside_block"):
            self.Space_Adapter = _SpaceAdapter(width)

    def _attended(self, tokens: Tensor) -> Tensor:
        if not self.window:
            whole: Tensor = self.attn(tokens)
            return whole
        size = tokens.shape[1:3]
        windows, padded = window_partition(tokens, self.window)
        joined: Tensor = window_unpartition(self.attn(windows), self.window, padded, size)
        return joined

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (B, n, n, D) to (B, n, n, D)."""
        attended = self._attended(self.norm1(tokens))
        if hasattr(self, "Space_Adapter"):
            adapted = self.Space_Adapter(attended)
            attended = attended + adapted if self.adapter_skips else adapted
        tokens = tokens + attended
        output: Tensor = tokens + self.mlp(self.norm2(tokens))
        return output


class PromptedEncoder(nn.Module):
    """Image encoder of SAM (Kirillov et al. 2023) with TransLandSeg's additions, keys as published.

    Parameters
    ----------
    words : TransLandSegArchitecture
        Sizes and variant.
    """

    def __init__(self, words: TransLandSegArchitecture) -> None:
        super().__init__()
        side = words.inp_size // PATCH
        self.prompted = not words.variant.startswith("outside_block")
        self.patch_embed = PatchEmbed((PATCH, PATCH), (PATCH, PATCH), embed_dim=words.embed_dim)
        self.pos_embed = nn.Parameter(torch.zeros(1, side, side, words.embed_dim))
        self.prompt_generator = PromptGenerator(words)
        self.blocks = nn.ModuleList(
            _Block(words, 0 if index in words.global_attn_indexes else words.window_size)
            for index in range(words.depth)
        )
        self.neck = sam_neck(words.embed_dim, words.out_chans)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 3, S, S) to the embedding (B, C, n, n)."""
        patches = self.patch_embed(images)  # (B, n, n, D)
        features = self.prompt_generator.features(images, patches) if self.prompted else None
        tokens = patches + self.pos_embed
        for index, block in enumerate(self.blocks):
            if features is not None:
                tokens = tokens + self.prompt_generator.prompt(index, features)
            tokens = block(tokens)
        embedding: Tensor = self.neck(tokens.permute(0, 3, 1, 2))
        return embedding
