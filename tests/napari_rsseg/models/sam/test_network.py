"""SAM's network by its words; the numbers are pinned by the golden cases."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from napari_rsseg.models.sam import Frame, Sam, SamArchitecture, SamPrompts, normalised_square, resized

SMALL = SamArchitecture(
    img_size=64, embed_dim=32, depth=2, num_heads=2, window_size=3, global_attn_indexes=(1,),
    prompt_embed_dim=32,
)  # fmt: skip


@pytest.mark.parametrize(
    ("encoder", "parameters"),
    [("vit_b", 93_735_472), ("vit_l", 312_342_832), ("vit_h", 641_090_608)],
)
def test_each_size_has_as_many_parameters_as_published(encoder: str, parameters: int) -> None:
    with torch.device("meta"):
        network = Sam(SamArchitecture.model_validate({"encoder": encoder}))
    assert sum(value.numel() for value in network.parameters()) == parameters


@pytest.mark.parametrize(
    "words",
    [
        {"encoder": "vit_t", "img_size": 512},
        {"encoder": "vit_t", "depth": 3},
        {"encoder": "vit_b", "embed_dim": 100},
        {"encoder": "vit_s"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_words_that_describe_no_network_are_refused(words: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SamArchitecture.model_validate(words)


@torch.no_grad()
def test_the_steps_of_the_encoder_one_by_one_are_the_encoder() -> None:
    torch.manual_seed(0)
    network = Sam(SMALL).eval()
    image = torch.randn(1, 3, 64, 64)
    value = image
    for step in network.image_encoder.steps():
        value = step(value)
    assert torch.equal(value, network.encode(image))
    assert value.shape == (1, 32, 4, 4)


@torch.no_grad()
def test_a_batch_of_prompts_is_answered_as_each_alone() -> None:
    torch.manual_seed(0)
    network = Sam(SMALL).eval()
    embedding = network.encode(torch.randn(1, 3, 64, 64))
    points, labels = torch.rand(3, 2, 2) * 64, torch.tensor([[1, 0], [1, 1], [0, -1]])
    together, quality = network.decode(embedding, SamPrompts(points, labels), several=True)
    assert together.shape == (3, 3, 16, 16)
    for index in range(3):
        one = SamPrompts(points[index : index + 1], labels[index : index + 1])
        alone, its_quality = network.decode(embedding, one, several=True)
        torch.testing.assert_close(together[index], alone[0])
        torch.testing.assert_close(quality[index], its_quality[0])


def test_the_longer_side_fills_the_square_and_the_rest_is_zero() -> None:
    frame = Frame.filling((30, 60), 64)
    assert frame.inner == (32, 64)
    image = np.full((30, 60, 3), 200, np.uint8)
    square = normalised_square(resized(image, frame.inner), frame.side_px)
    assert square.shape == (1, 3, 64, 64)
    assert bool((square[..., 32:, :] == 0).all())
    assert bool((square[..., :32, :] != 0).all())


def test_a_mask_comes_back_where_its_pixels_are() -> None:
    frame = Frame.filling((30, 60), 64)
    low_res = torch.full((1, 1, 16, 16), -1.0)
    low_res[..., :4, 8:] = 1.0  # the upper half of what is used, on the right
    mask = frame.to_image(low_res)[0, 0] > 0
    assert mask.shape == (30, 60)
    assert bool(mask[:14, 31:].all())
    assert not bool(mask[16:].any() | mask[:, :29].any())
