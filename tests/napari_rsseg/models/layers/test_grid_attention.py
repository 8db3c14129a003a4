from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from napari_rsseg.models.layers import grid_attention
from napari_rsseg.models.layers.grid_attention import GridAttention
from napari_rsseg.models.layers.sam_parts import Attention

if TYPE_CHECKING:
    from collections.abc import Callable


def _filled(kind: Callable[..., torch.nn.Module], size: tuple[int, int]) -> torch.nn.Module:
    module = kind(24, 3, use_rel_pos=True, input_size=size).double()
    generator = torch.Generator().manual_seed(0)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=generator)
    return module


@pytest.mark.parametrize("way", ["_sliced", "_widened"])
@pytest.mark.parametrize(
    ("table", "grid"),
    [((6, 6), (6, 6)), ((6, 6), (5, 7)), ((24, 24), (24, 24))],
    ids=["own", "resized", "slices"],
)
def test_both_ways_give_the_numbers_and_gradients_of_segment_anything(
    monkeypatch: pytest.MonkeyPatch, way: str, table: tuple[int, int], grid: tuple[int, int]
) -> None:
    monkeypatch.setattr(grid_attention, "_sliced", getattr(grid_attention, way))
    tokens = torch.randn(2, *grid, 24, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    results = []
    for kind in (GridAttention, Attention):
        module = _filled(kind, table)
        output = module(tokens)
        output.square().sum().backward()
        results.append([output, *(parameter.grad for parameter in module.parameters())])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)
