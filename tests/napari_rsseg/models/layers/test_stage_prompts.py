from __future__ import annotations

import torch

from napari_rsseg.models.layers.stage_prompts import StagePrompts, high_pass


def test_what_does_not_change_over_an_image_has_no_high_frequencies() -> None:
    assert high_pass(torch.full((1, 3, 32, 32), 5.0), 0.25).abs().max() < 1e-5
    stripes = torch.arange(32).remainder(2).float().expand(1, 1, 32, 32)
    torch.testing.assert_close(high_pass(stripes, 0.25), torch.full((1, 1, 32, 32), 0.5))


def test_of_a_narrow_image_no_more_is_removed_than_there_is() -> None:
    torch.manual_seed(0)
    narrow = torch.randn(1, 1, 8, 128)  # a square of the same area has 16 rows more
    left, all_of_it = (high_pass(narrow, share).square().sum() for share in (0.25, 0.0))
    assert 0 < left < all_of_it  # the energy of what is removed is missing


def test_prompts_are_zero_at_first_and_one_for_each_block_after_a_step() -> None:
    prompts = StagePrompts(width=12, inner=4, patch=8, blocks=2)
    high, given = torch.rand(2, 3, 32, 64), torch.randn(2, 4, 8, 12)
    features = prompts.features(high, given)
    assert features.shape == (2, 4, 8, 4)
    first, second = (prompts.prompt(number, features) for number in range(2))
    assert first.shape == given.shape
    assert not first.any()
    torch.nn.init.normal_(prompts.shared.weight)
    first, second = (prompts.prompt(number, features) for number in range(2))
    assert not torch.allclose(first, second)
