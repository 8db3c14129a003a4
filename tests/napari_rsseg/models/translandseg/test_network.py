from __future__ import annotations

from functools import partial
from typing import get_args

import pytest
import torch
from segment_anything.modeling import ImageEncoderViT

from napari_rsseg.errors import ModelError
from napari_rsseg.models.translandseg import TransLandSeg, TransLandSegArchitecture, high_pass
from napari_rsseg.models.translandseg.architecture import Variant

PROMPTED = [variant for variant in get_args(Variant) if not variant.startswith("outside_block")]


def _shaken(architecture: TransLandSegArchitecture) -> TransLandSeg:
    """Return a network without zeros where SAM initialises with them."""
    network = TransLandSeg(architecture).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return network


@torch.no_grad()
@pytest.mark.parametrize("variant", PROMPTED)
def test_with_prompts_at_zero_the_encoder_is_that_of_segment_anything(
    tiny: TransLandSegArchitecture, variant: Variant
) -> None:
    network = _shaken(tiny.model_copy(update={"variant": variant}))
    network.image_encoder.prompt_generator.start_at_zero()
    theirs = ImageEncoderViT(
        img_size=96,
        embed_dim=64,
        depth=2,
        num_heads=4,
        out_chans=16,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
        use_rel_pos=True,
        window_size=4,
        global_attn_indexes=(1,),
    ).eval()
    state = network.image_encoder.state_dict()
    theirs.load_state_dict({key: value for key, value in state.items() if "prompt" not in key})
    image = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(network.image_encoder(image), theirs(image), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_softmax_of_the_two_logits_is_the_sigmoid_of_the_published_one(
    tiny: TransLandSegArchitecture,
) -> None:
    network = _shaken(tiny)
    image = torch.randn(1, 3, 96, 96)
    torch.testing.assert_close(network(image).softmax(1)[:, 1:], network.mask_logits(image).sigmoid())


@torch.no_grad()
def test_an_image_does_not_depend_on_its_batch(tiny: TransLandSegArchitecture) -> None:
    network = _shaken(tiny)
    images = torch.randn(3, 3, 96, 96)
    torch.testing.assert_close(network(images)[1:2], network(images[1:2]), rtol=1e-4, atol=1e-4)


def test_the_trained_share_of_the_published_network_is_that_of_the_paper() -> None:
    with torch.device("meta"):
        network = TransLandSeg(TransLandSegArchitecture())
    sizes = [(value.numel(), value.requires_grad) for value in network.parameters()]
    trained = sum(size for size, trains in sizes if trains)
    assert trained == 4_175_140
    assert trained / sum(size for size, _ in sizes) == pytest.approx(0.013362, abs=1e-6)


@torch.no_grad()
def test_plain_tokens_differ_from_the_authors_scramble_only_in_order(tiny: TransLandSegArchitecture) -> None:
    network = _shaken(tiny)
    generator = network.image_encoder.prompt_generator
    patches = torch.randn(1, 6, 6, 64)
    generator.scramble = False
    plain = generator.embedding(patches)
    torch.testing.assert_close(plain[0, 7], generator.embedding_generator(patches[0, 1, 1]))
    generator.scramble = True
    assert not torch.allclose(generator.embedding(patches), plain)


def test_an_image_of_another_size_is_refused(tiny: TransLandSegArchitecture) -> None:
    with pytest.raises(ModelError, match="64 x 96 px"):
        TransLandSeg(tiny)(torch.zeros(1, 3, 64, 96))


def test_the_high_pass_image_of_a_constant_is_zero() -> None:
    assert high_pass(torch.full((1, 3, 32, 32), 5.0), 0.25).abs().max() < 1e-5
