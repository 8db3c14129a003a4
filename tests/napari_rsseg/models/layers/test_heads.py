from __future__ import annotations

import pytest
import torch

from napari_rsseg.models.layers.convolution import ConvBnRelu, classifier, resize
from napari_rsseg.models.layers.heads import FcnHead, SegformerHead, UperHead

LEVELS = [torch.randn(2, 8, 16, 12), torch.randn(2, 16, 8, 6), torch.randn(2, 24, 4, 3)]


@pytest.mark.parametrize("head", [UperHead, SegformerHead])
def test_a_head_gives_logits_at_its_finest_level(head: type[UperHead | SegformerHead]) -> None:
    assert head((8, 16, 24), 12, 5).eval()(LEVELS).shape == (2, 5, 16, 12)


def test_one_level_is_pyramid_pooling_alone() -> None:
    head = UperHead((24,), 12, 5).eval()
    assert not len(head.lateral_convs)
    assert head(LEVELS[-1:]).shape == (2, 5, 4, 3)


@torch.no_grad()
def test_pooling_lets_one_corner_see_the_other() -> None:
    head = UperHead((24,), 12, 5, pool_scales=(1,)).eval()
    changed = LEVELS[-1].clone()
    changed[:, :, 3, 2] += 5  # beyond the 3 x 3 convolutions of the opposite corner
    assert not torch.equal(head([changed])[..., 0, 0], head(LEVELS[-1:])[..., 0, 0])


def test_an_auxiliary_head_keeps_the_size_of_its_level() -> None:
    assert FcnHead(16, 8, 3).eval()(LEVELS[1]).shape == (2, 3, 8, 6)


def test_channels_are_dropped_whole_and_in_training_only() -> None:
    torch.manual_seed(0)
    head = FcnHead(16, 8, 3, dropout=0.5)
    assert torch.equal(head.eval()(LEVELS[1]), head(LEVELS[1]))
    seen: list[torch.Tensor] = []
    head.dropout.register_forward_hook(lambda module, args, output: seen.append(output))
    head.train()(LEVELS[1])
    empty = (seen[0].abs().sum(dim=(2, 3)) == 0).float().mean()
    assert 0.2 < empty < 0.9


def test_a_classifier_starts_with_hardly_an_opinion() -> None:
    torch.manual_seed(0)
    last = classifier(256, 4)
    assert last.bias is not None
    assert not last.bias.any()
    assert float(last.weight.detach().std()) == pytest.approx(0.01, rel=0.2)


def test_the_convolution_before_a_norm_has_no_bias_and_keeps_the_size() -> None:
    block = ConvBnRelu(8, 4, 3)
    assert block.conv.bias is None
    assert block(LEVELS[0]).shape == (2, 4, 16, 12)
    assert bool((block(LEVELS[0]) >= 0).all())


def test_a_level_of_the_right_size_is_not_interpolated() -> None:
    assert resize(LEVELS[0], (16, 12)) is LEVELS[0]
    assert resize(LEVELS[0], (5, 7)).shape == (2, 8, 5, 7)
