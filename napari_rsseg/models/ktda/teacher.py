"""The teacher: a frozen vision transformer whose patch features the student imitates in training."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_rsseg.models.ktda.positions import resize_positions
from napari_rsseg.models.layers.timm_parts import VisionTransformer

if TYPE_CHECKING:
    from napari_rsseg.models.ktda.architecture import TeacherWords

__all__ = ["Teacher"]


class Teacher(nn.Module):
    """DINOv2-style vision transformer (Oquab et al. 2023) without register tokens; never trains.

    Images are zero-padded at the bottom and right to whole patches. Only features of the very last block pass
    the final norm, as published.

    Parameters
    ----------
    words : TeacherWords
        Size of the transformer, of its position table, and the blocks to return.
    """

    def __init__(self, words: TeacherWords) -> None:
        super().__init__()
        self.patch_px = words.patch_size
        self.out_indices = words.out_indices
        side = -(-words.img_size // words.patch_size)
        self.grid = (side, side)
        self.vit = VisionTransformer(
            img_size=side * words.patch_size,
            patch_size=words.patch_size,
            num_classes=0,
            global_pool="",
            embed_dim=words.embed_dims,
            depth=words.depth,
            num_heads=words.num_heads,
            mlp_ratio=words.feedforward / words.embed_dims,
            init_values=words.layer_scale,
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
        )
        self.requires_grad_(requires_grad=False)
        self.eval()

    def train(self, mode: bool = True) -> Teacher:
        """Stay in evaluation, whatever the mode of the module that holds it."""
        del mode
        return super().train(mode=False)

    @torch.no_grad()
    def forward(self, images: Tensor) -> list[Tensor]:
        """Map images (B, 3, H, W) to one (B, C, ceil(H / patch), ceil(W / patch)) per block asked for."""
        patch = self.patch_px
        height, width = images.shape[-2:]
        padded = functional.pad(images, (0, -width % patch, 0, -height % patch))
        patches = self.vit.patch_embed.proj(padded)  # (B, C, rows, columns)
        grid = (patches.shape[-2], patches.shape[-1])
        tokens = patches.flatten(2).transpose(1, 2)
        assert self.vit.cls_token is not None  # timm makes both unless told otherwise
        assert self.vit.pos_embed is not None
        tokens = torch.cat((self.vit.cls_token.expand(len(tokens), -1, -1), tokens), dim=1)
        tokens = tokens + resize_positions(self.vit.pos_embed, self.grid, grid)
        features = []
        last = len(self.vit.blocks) - 1
        for index, block in enumerate(self.vit.blocks):
            tokens = block(tokens)
            if index in self.out_indices:
                returned = self.vit.norm(tokens) if index == last else tokens
                features.append(returned[:, 1:].transpose(1, 2).unflatten(2, grid))
        return features
