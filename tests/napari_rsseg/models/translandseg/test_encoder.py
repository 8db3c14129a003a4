from __future__ import annotations

from typing import get_args

import pytest
import torch

from napari_rsseg.errors import ModelError
from napari_rsseg.models import build
from napari_rsseg.models.translandseg.architecture import TransLandSegArchitecture, Variant
from napari_rsseg.models.translandseg.encoder import PromptedEncoder


def encoder(architecture: TransLandSegArchitecture, variant: Variant) -> PromptedEncoder:
    torch.manual_seed(0)
    return PromptedEncoder(architecture.model_copy(update={"variant": variant})).eval()


@pytest.mark.parametrize("variant", get_args(Variant))
@torch.no_grad()
def test_every_variant_embeds_an_image_on_sams_grid(tiny: TransLandSegArchitecture, variant: Variant) -> None:
    assert encoder(tiny, variant)(torch.randn(2, 3, 96, 96)).shape == (2, 16, 6, 6)


@torch.no_grad()
def test_an_adapter_without_a_skip_replaces_what_attention_found(tiny: TransLandSegArchitecture) -> None:
    with_skip, without = encoder(tiny, "outside_block"), encoder(tiny, "outside_block_noskip")
    without.load_state_dict(with_skip.state_dict())
    image = torch.randn(1, 3, 96, 96)
    assert not torch.allclose(with_skip(image), without(image))
    for block in without.blocks:
        for parameter in block.Space_Adapter.parameters():  # type: ignore[union-attr]
            parameter.zero_()
    zeroed = without(image)
    for block in without.blocks:  # attention says nothing through an adapter of zeros
        torch.nn.init.normal_(block.attn.proj.weight)  # type: ignore[union-attr,arg-type]
    torch.testing.assert_close(without(image), zeroed)


@torch.no_grad()
def test_windows_see_only_themselves_where_a_block_is_not_global(tiny: TransLandSegArchitecture) -> None:
    block = encoder(tiny, "1_MidLay_m").blocks[0]
    tokens = torch.randn(1, 6, 6, 64)
    changed = tokens.clone()
    changed[:, 5, 5] = torch.randn(64)  # in the last window of 4 x 4, padded
    differs = (block(changed) - block(tokens)).abs().amax(dim=-1)[0] > 1e-6
    assert differs[4:, 4:].all()
    assert not differs[:4].any()
    assert not differs[:, :4].any()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"prompt_embed_dim": 32}, "out_chans 16 is not prompt_embed_dim 32"),
        ({"num_heads": 5}, "no multiple of num_heads"),
        ({"inp_size": 100}, "inp_size"),
    ],
)
def test_sizes_that_do_not_go_together_are_refused(
    tiny: TransLandSegArchitecture, changes: dict[str, int], reason: str
) -> None:
    with pytest.raises(ModelError, match=reason):
        build("translandseg", {**tiny.model_dump(mode="json"), **changes})
