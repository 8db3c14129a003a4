"""SAM's image encoder with a prompt before each block, or an adapter inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_rsseg.models.layers.sam_block import SamBlock
from napari_rsseg.models.layers.sam_neck import sam_neck
from napari_rsseg.models.layers.sam_parts import LayerNorm2d, PatchEmbed
from napari_rsseg.models.translandseg.prompts import PATCH, PromptGenerator

if TYPE_CHECKING:
    from napari_rsseg.models.translandseg.architecture import TransLandSegArchitecture

__all__ = ["PromptedEncoder"]


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


class _AdaptedBlock(SamBlock):
    """SAM's block with the authors' adapter after attention.

    It acts on each token alone, so that it may as well run after the windows are joined.
    """

    def __init__(self, words: TransLandSegArchitecture, window: int) -> None:
        super().__init__(words.embed_dim, words.num_heads, words.inp_size // PATCH, window)
        self.skips = words.variant != "outside_block_noskip"
        self.Space_Adapter = _SpaceAdapter(words.embed_dim)

    def attended(self, tokens: Tensor) -> Tensor:
        """Return what attention and adapter add to tokens (B, n, n, D)."""
        attended = super().attended(tokens)
        adapted: Tensor = self.Space_Adapter(attended)
        return attended + adapted if self.skips else adapted


def _block(words: TransLandSegArchitecture, index: int) -> SamBlock:
    window = 0 if index in words.global_attn_indexes else words.window_size
    if words.variant.startswith("outside_block"):
        return _AdaptedBlock(words, window)
    return SamBlock(words.embed_dim, words.num_heads, words.inp_size // PATCH, window)


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
        self.blocks = nn.ModuleList(_block(words, index) for index in range(words.depth))
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
