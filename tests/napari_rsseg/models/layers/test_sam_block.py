from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
import torch
from segment_anything.modeling.image_encoder import Block
from torch import nn

from napari_rsseg.models.layers import sam_block
from napari_rsseg.models.layers.sam_block import SamBlock

if TYPE_CHECKING:
    from torch import Tensor


def _filled(block: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    for parameter in block.double().parameters():
        nn.init.normal_(parameter, std=0.3, generator=generator)
    return block


def _numbers(block: nn.Module, tokens: Tensor) -> list[Tensor | None]:
    output = block(tokens)
    output.square().sum().backward()
    return [output, *(parameter.grad for parameter in block.parameters())]


@pytest.mark.parametrize(
    ("grid", "window"),
    [(6, 0), (8, 4), (7, 4)],
    ids=["whole grid", "windows", "windows that stick out"],
)
def test_a_block_has_the_keys_numbers_and_gradients_of_segment_anything(
    monkeypatch: pytest.MonkeyPatch, grid: int, window: int
) -> None:
    monkeypatch.setattr(sam_block, "_TOKENS", 10)  # so that there are several slices
    ours = _filled(SamBlock(24, 3, grid, window))
    norm = partial(nn.LayerNorm, eps=1e-6)
    theirs = _filled(
        Block(24, 3, norm_layer=norm, use_rel_pos=True, window_size=window, input_size=(grid, grid))
    )
    assert list(ours.state_dict()) == list(theirs.state_dict())
    tokens = torch.randn(2, grid, grid, 24, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for our, their in zip(_numbers(ours, tokens), _numbers(theirs, tokens), strict=True):
        torch.testing.assert_close(our, their)
