"""ATL: prompts from a high-pass image and the patch embedding, one per encoder block."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn import functional

from napari_rsseg.models.layers.sam_parts import LayerNorm2d, PatchEmbed
from napari_rsseg.models.layers.stage_prompts import high_pass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_rsseg.models.translandseg.architecture import TransLandSegArchitecture, Variant

__all__ = ["PATCH", "PromptGenerator"]

PATCH = 16  # of SAM's encoder, pixels
_STEPS: dict[Variant, dict[str, str]] = {
    "1_MidLay_m": {"m": "lightweight_mlp"},
    "2_MidLay_m": {"m": "adaptor_mlp"},
    "3_MidLay_c": {"c": "prompt_learn"},
    "2m_3c": {"m": "adaptor_mlp", "c": "prompt_learn"},
    "outside_block": {"m": "lightweight_mlp"},
    "outside_block_noskip": {"m": "lightweight_mlp"},
}
"""Own part of each block: on tokens (m), then on the map (c); outside_block keeps it unused, as published."""


class PromptGenerator(nn.Module):
    """The authors' ATL module with their keys (arXiv 2403.10127; variants as their code comments name them).

    Parameters
    ----------
    words : TransLandSegArchitecture
        Sizes and variant.
    """

    def __init__(self, words: TransLandSegArchitecture) -> None:
        super().__init__()
        self.share = words.freq_nums
        self.scramble = words.embedding_scramble
        self.variant = words.variant
        width, inner = words.embed_dim, words.embed_dim // words.scale_factor
        self.shared_mlp = nn.Linear(inner, width)
        self.embedding_generator = nn.Linear(width, inner)
        for block in range(words.depth):
            for name, layers in _block_layers(words.variant, inner, width):
                self.add_module(f"{name}_{block}", layers)
        self.prompt_generator = PatchEmbed((PATCH, PATCH), (PATCH, PATCH), embed_dim=inner)
        self.apply(_initialise)

    def start_at_zero(self) -> None:
        """Make every prompt zero at first, so that training starts exactly at SAM."""
        last = ["shared_mlp"]
        if "c" in _STEPS[self.variant]:
            last = [f"{name}.7" for name, _ in self.named_children() if name.startswith("prompt_learn_")]
        for name in last:
            for parameter in self.get_submodule(name).parameters():
                nn.init.zeros_(parameter)

    def handcrafted(self, images: Tensor) -> Tensor:
        """Map images (B, 3, S, S) to features (B, n, n, r) of their high-pass image."""
        features: Tensor = self.prompt_generator(high_pass(images, self.share).to(images.dtype))
        return features

    def embedding(self, patches: Tensor) -> Tensor:
        """Map the patch embedding before positions, (B, n, n, D), to features (B, n * n, r)."""
        batch, height, width, channels = patches.shape
        if self.scramble:
            # the authors reinterpret channels-last memory as channels-first; their weights expect it
            tokens = patches.reshape(batch, channels, height * width).transpose(1, 2)
        else:
            tokens = patches.reshape(batch, height * width, channels)
        features: Tensor = self.embedding_generator(tokens)
        return features

    def features(self, images: Tensor, patches: Tensor) -> Tensor:
        """Map images (B, 3, S, S) and patches (B, n, n, D) to what all prompts are made of, (B, n, n, r)."""
        embedding = self.embedding(patches).reshape(*patches.shape[:3], -1)  # (B, n, n, r)
        return self.handcrafted(images) + embedding

    def prompt(self, block: int, features: Tensor) -> Tensor:
        """Map the features (B, n, n, r) to the prompt (B, n, n, D) that is added before a block."""
        steps = _STEPS[self.variant]
        if "m" in steps:
            features = functional.gelu(self.get_submodule(f"{steps['m']}_{block}")(features))
        if "c" in steps:
            grid: Tensor = self.get_submodule(f"{steps['c']}_{block}")(features.permute(0, 3, 1, 2))
            return grid.permute(0, 2, 3, 1)
        prompt: Tensor = self.shared_mlp(features)
        return prompt


def _block_layers(variant: Variant, inner: int, width: int) -> Iterator[tuple[str, nn.Module]]:
    """Yield name and layers of one block's own part."""
    names = _STEPS[variant].values()
    if "lightweight_mlp" in names:
        yield "lightweight_mlp", nn.Sequential(nn.Linear(inner, inner))
    if "adaptor_mlp" in names:
        yield "adaptor_mlp", nn.Sequential(nn.Linear(inner, inner), nn.GELU(), nn.Linear(inner, inner))
    if "prompt_learn" in names:
        yield (
            "prompt_learn",
            nn.Sequential(
                nn.Conv2d(inner, inner, 1),
                LayerNorm2d(inner),
                nn.GELU(),
                nn.Conv2d(inner, inner, 3, padding=1, groups=inner, bias=False),
                LayerNorm2d(inner),
                nn.GELU(),
                nn.Conv2d(inner, width, 1),
                LayerNorm2d(width),
                nn.GELU(),
            ),
        )


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02, a=-2, b=2)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Conv2d):
        fan_out = math.prod(module.kernel_size) * module.out_channels // module.groups
        nn.init.normal_(module.weight, std=math.sqrt(2 / fan_out))
        if module.bias is not None:
            nn.init.zeros_(module.bias)
