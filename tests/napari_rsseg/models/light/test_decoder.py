from __future__ import annotations

import pytest
import torch

from napari_rsseg.models.light.decoder import PyramidDecoder, separable


@pytest.mark.parametrize("sides", [(32, 16, 8), (40, 20, 10, 5), (37, 19, 10, 5, 3)], ids=["3", "4", "odd"])
def test_levels_of_any_size_end_at_that_of_the_finest(sides: tuple[int, ...]) -> None:
    levels = [torch.randn(1, 16, side, side + 2) for side in sides]
    assert PyramidDecoder(16, len(sides), 3).eval()(levels).shape == (1, 3, sides[0], sides[0] + 2)


def test_every_level_reaches_the_logits() -> None:
    levels = [torch.randn(1, 8, side, side, requires_grad=True) for side in (16, 8, 4, 2)]
    PyramidDecoder(8, 4, 2).eval()(levels).square().sum().backward()
    assert all(level.grad is not None and bool(level.grad.any()) for level in levels)


def test_a_new_decoder_has_hardly_an_opinion() -> None:
    levels = [torch.randn(1, 8, side, side) for side in (16, 8, 4)]
    assert float(PyramidDecoder(8, 3, 2).eval()(levels).detach().abs().max()) < 1


def test_a_separable_convolution_has_no_bias_before_its_norm() -> None:
    block = separable(8, 16)
    assert [name for name, _ in block.named_parameters()] == ["0.weight", "1.weight", "2.weight", "2.bias"]
    assert block(torch.randn(1, 8, 5, 7)).shape == (1, 16, 5, 7)
