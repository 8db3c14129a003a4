from __future__ import annotations

import pytest
import torch

from napari_rsseg.models.sam import MobileSamEncoder


@pytest.fixture(scope="module")
def encoder() -> MobileSamEncoder:
    torch.manual_seed(0)
    return MobileSamEncoder().eval()


def test_it_has_as_many_parameters_as_published_less_the_classifier(encoder: MobileSamEncoder) -> None:
    classifier = 2 * 320 + 1000 * 320 + 1000
    assert sum(value.numel() for value in encoder.parameters()) == 6_065_532 - classifier


@torch.no_grad()
def test_both_last_stages_share_the_grid_that_sams_decoder_expects(encoder: MobileSamEncoder) -> None:
    features = encoder.features(torch.zeros(1, 3, 256, 256))
    assert [tuple(level.shape) for level in features] == [
        (1, 128, 32, 32),
        (1, 160, 16, 16),
        (1, 256, 16, 16),
    ]
    assert tuple(level.shape[1] for level in features) == encoder.widths


@torch.no_grad()
def test_the_embedding_is_the_last_of_its_features(encoder: MobileSamEncoder) -> None:
    image = torch.randn(1, 3, 256, 256)
    assert torch.equal(encoder(image), encoder.features(image)[-1])


@torch.no_grad()
def test_weights_loaded_after_a_first_look_are_used_in_the_next(encoder: MobileSamEncoder) -> None:
    """The published program keeps the position biases of before the load (a stale cache)."""
    image, late = torch.randn(1, 3, 256, 256), MobileSamEncoder().eval()
    late(image)
    generator = torch.Generator().manual_seed(1)
    tensors = {
        key: torch.randn(value.shape, generator=generator) if "attention_biases" in key else value
        for key, value in encoder.state_dict().items()
    }
    late.load_state_dict(tensors)
    fresh = MobileSamEncoder().eval()
    fresh.load_state_dict(tensors)
    torch.testing.assert_close(late(image), fresh(image))
