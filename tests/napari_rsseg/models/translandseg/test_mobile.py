from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from napari_rsseg.errors import ModelError
from napari_rsseg.models import build
from napari_rsseg.models.sam import Sam, SamArchitecture, SamPrompts
from napari_rsseg.models.translandseg import TransLandSegT

if TYPE_CHECKING:
    from napari_rsseg.models.sam import MobileSamEncoder


@pytest.fixture(scope="module")
def pair() -> tuple[Sam, TransLandSegT]:
    """MobileSAM with drawn weights, and TransLandSeg-T on it."""
    torch.manual_seed(0)
    sam = Sam(SamArchitecture(encoder="vit_t")).eval()
    network = build("translandseg-t", {"input_scale": 8})
    assert isinstance(network, TransLandSegT)
    with torch.no_grad():
        for block in sam.image_encoder.modules():
            if hasattr(block, "attention_biases"):
                torch.nn.init.normal_(block.attention_biases)  # type: ignore[arg-type]
    network.eval()
    missing, unexpected = network.load_state_dict(sam.state_dict(), strict=False)
    assert not unexpected
    assert {key.partition(".")[0] for key in missing} == {"atl"}
    return sam, network


def test_prompts_have_the_proposed_number_of_parameters(pair: tuple[Sam, TransLandSegT]) -> None:
    network = pair[1]
    counts = {
        stage: sum(part.numel() for part in prompts.parameters()) for stage, prompts in network.atl.items()
    }
    assert counts == {"1": 7_872, "2": 24_480, "3": 60_000}
    assert sum(counts.values()) == 92_352
    assert sum(part.numel() for part in network.parameters() if part.requires_grad) == 4_150_948
    narrow = build("translandseg-t", {"reduction": 32})
    assert sum(part.numel() for name, part in narrow.named_parameters() if name.startswith("atl")) == 22_398


@torch.no_grad()
def test_it_starts_exactly_at_mobile_sam_without_a_prompt(pair: tuple[Sam, TransLandSegT]) -> None:
    sam, network = pair
    square = torch.randn(1, 3, 1024, 1024, generator=torch.Generator().manual_seed(1))
    embedding = network.encode(square)
    assert torch.equal(embedding, sam.encode(square))
    tile = square[..., ::8, ::8]
    enlarged = torch.nn.functional.interpolate(tile, size=(1024, 1024), mode="bilinear", align_corners=False)
    low_res, _ = sam.decode(sam.encode(enlarged), SamPrompts(), several=False)
    shown = torch.nn.functional.interpolate(low_res, size=(128, 128), mode="bilinear", align_corners=False)
    logits = network(tile)
    assert not logits[:, 0].any()
    torch.testing.assert_close(logits[:, 1:], shown)


@torch.no_grad()
def test_biases_of_attention_are_those_loaded_last(pair: tuple[Sam, TransLandSegT]) -> None:
    sam, _ = pair
    network = build("translandseg-t", {"input_scale": 8}).eval()
    assert isinstance(network, TransLandSegT)
    square = torch.randn(1, 3, 1024, 1024, generator=torch.Generator().manual_seed(1))
    network.encode(square)  # keeps the biases of its start
    network.load_state_dict(sam.state_dict(), strict=False)
    assert torch.equal(network.encode(square), sam.encode(square))


def test_only_prompts_decoder_and_no_mask_train(pair: tuple[Sam, TransLandSegT]) -> None:
    network = pair[1]
    names = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert {name.partition(".")[0] for name in names} == {"atl", "mask_decoder", "prompt_encoder"}
    assert [name for name in names if name.startswith("prompt_encoder")] == [
        "prompt_encoder.no_mask_embed.weight"
    ]
    network.train()
    encoder: MobileSamEncoder = network.image_encoder
    assert not any(part.training for part in encoder.modules())
    network.eval()


def test_images_that_are_no_whole_tiles_are_refused(pair: tuple[Sam, TransLandSegT]) -> None:
    with pytest.raises(ModelError, match=r"100 x 128 px. Feed tiles of 128 x 128 px."):
        pair[1](torch.zeros(1, 3, 100, 128))
