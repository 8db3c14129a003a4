"""The transformer block of SAM's image encoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from napari_rsseg.models.layers.grid_attention import GridAttention
from napari_rsseg.models.layers.sam_parts import MLPBlock

__all__ = ["SamBlock"]

_EPS = 1e-6
_TOKENS = 512  # at a time on a CPU, so that the four times wider inside of the perceptron stays in its caches


class SamBlock(nn.Module):
    """SAM's transformer block with its keys and numbers (Kirillov et al. 2023).

    Parameters
    ----------
    width, heads : int
        Channels, and attention heads.
    grid : int
        Rows and columns of the tokens.
    window : int
        Side of the windows that attention is confined to; 0: the whole grid.
    """

    def __init__(self, width: int, heads: int, grid: int, window: int) -> None:
        super().__init__()
        self.window = window
        side = window or grid
        self.norm1 = nn.LayerNorm(width, eps=_EPS)
        self.attn = GridAttention(width, heads, use_rel_pos=True, input_size=(side, side))
        self.norm2 = nn.LayerNorm(width, eps=_EPS)
        self.mlp = MLPBlock(embedding_dim=width, mlp_dim=4 * width)

    def attended(self, tokens: Tensor) -> Tensor:
        """Return what attention adds to tokens (B, n, n, D)."""
        addition: Tensor = self.attn(self.norm1(tokens), self.window)
        return addition

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (B, n, n, D) to (B, n, n, D)."""
        tokens = tokens + self.attended(tokens)
        if tokens.device.type != "cpu":
            output: Tensor = tokens + self.mlp(self.norm2(tokens))
            return output
        rows = tokens.flatten(0, 2)
        mapped = torch.empty_like(rows)
        for start in range(0, len(rows), _TOKENS):
            part = rows[start : start + _TOKENS]
            mapped[start : start + _TOKENS] = part + self.mlp(self.norm2(part))
        return mapped.view_as(tokens)
