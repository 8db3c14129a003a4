"""SAM's own image encoder: a plain vision transformer, with attention that makes no N x N matrix."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from torch import Tensor, nn

from napari_rsseg.models.layers.sam_block import SamBlock
from napari_rsseg.models.layers.sam_parts import ImageEncoderViT

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.models.sam.architecture import VitSize

__all__ = ["VitEncoder"]

_PATCH = 16


class VitEncoder(ImageEncoderViT):
    """Image encoder of SAM (Kirillov et al. 2023), ViT-B, -L or -H, keys as published.

    Parameters
    ----------
    size : VitSize
        Width, depth, heads and windows.
    side_px : int
        Side of the square image, a multiple of 16.
    out_channels : int
        Channels of the embedding.
    """

    def __init__(self, size: VitSize, side_px: int, out_channels: int) -> None:
        super().__init__(
            img_size=side_px,
            patch_size=_PATCH,
            embed_dim=size.embed_dim,
            depth=0,  # its blocks are ours
            num_heads=size.num_heads,
            out_chans=out_channels,
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
            use_rel_pos=True,
        )
        self.blocks = nn.ModuleList(
            SamBlock(
                size.embed_dim,
                size.num_heads,
                side_px // _PATCH,
                0 if index in size.global_attn_indexes else size.window_size,
            )
            for index in range(size.depth)
        )

    def steps(self) -> list[Callable[[Tensor], Tensor]]:
        """Return what `forward` does, one part after the other."""
        return [self._embedded, *self.blocks, self._projected]

    def forward(self, images: Tensor) -> Tensor:
        """Map normalised images (B, 3, S, S) to embeddings (B, C, S / 16, S / 16)."""
        for step in self.steps():
            images = step(images)
        return images

    def _embedded(self, images: Tensor) -> Tensor:
        tokens: Tensor = self.patch_embed(images) + self.pos_embed  # (B, n, n, D)
        return tokens

    def _projected(self, tokens: Tensor) -> Tensor:
        embedding: Tensor = self.neck(tokens.permute(0, 3, 1, 2))
        return embedding
