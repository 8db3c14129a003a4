"""FMM: global attention, or a bottleneck, over the aligned features of each level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from napari_rsseg.models.layers.timm_parts import Block

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Bottleneck", "FeatureModulation", "attention_block"]


def attention_block(channels: int, *, num_heads: int = 8, mlp_ratio: float = 4.0) -> nn.Module:
    """Make a pre-norm transformer block on tokens (B, N, channels); norms use eps 1e-5, as published."""
    # torch's own LayerNorm has that eps; timm's has had two
    return Block(channels, num_heads, mlp_ratio=mlp_ratio, qkv_bias=True, norm_layer=nn.LayerNorm)


class Bottleneck(nn.Module):
    """Two linear maps with GELU between; replaces the tokens (no norm, no residual), as published.

    Parameters
    ----------
    channels : int
        Width of the tokens.
    reduction : int
        Divisor of the hidden width.
    """

    def __init__(self, channels: int, *, reduction: int = 4) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, channels // reduction)
        self.fc2 = nn.Linear(channels // reduction, channels)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (B, N, C) to (B, N, C)."""
        output: Tensor = self.fc2(nn.functional.gelu(self.fc1(tokens)))
        return output


class FeatureModulation(nn.Module):
    """Own blocks per level, in sequence, over all pixels of the level as tokens (arXiv 2412.06664, FMM).

    No position table and no class token: position is what the features carry.

    Parameters
    ----------
    in_channels : sequence of int
        Width of each level.
    blocks : int
        Blocks per level.
    make_block : callable
        Makes a block on tokens (B, N, C) from the width C; for example `attention_block`.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        blocks: int,
        make_block: Callable[[int], nn.Module] = attention_block,
    ) -> None:
        super().__init__()
        self.adapters = nn.ModuleList(
            nn.Sequential(*(make_block(channels) for _ in range(blocks))) for channels in in_channels
        )
        self.apply(_initialise)

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Map L tensors (B, C_l, H_l, W_l) to L tensors of the same shapes."""
        outputs = []
        for adapter, level in zip(self.adapters, levels, strict=True):
            tokens = adapter(level.flatten(2).transpose(1, 2))  # (B, H * W, C)
            outputs.append(tokens.transpose(1, 2).reshape(level.shape))
        return outputs


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02, a=-2, b=2)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
