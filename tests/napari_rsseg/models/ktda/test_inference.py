from __future__ import annotations

import torch

from napari_rsseg.models.ktda import Ktda, KtdaArchitecture, evaluate_images
from napari_rsseg.models.ktda.architecture import TestWords as EvaluationWords


def constant_network(test: EvaluationWords) -> Ktda:
    """A tiny KTDA whose logits are those of its last bias, whatever the image shows."""
    widths = (8, 8, 8, 8)
    network = Ktda(
        KtdaArchitecture.model_validate(
            {
                "student": {"depths": (1, 1, 1, 1), "channels": widths, "drop_path": 0.0},
                "fam": {"in_channels": widths, "out_channels": 8, "output_size": 4},
                "neck": None,
                "fmm": None,
                "decode_head": {"in_channels": widths, "channels": 8, "num_classes": 2},
                "test": test.model_dump(),
            }
        )
    )
    head = network.decode_head.conv_seg
    assert isinstance(head, torch.nn.Conv2d)
    assert head.bias is not None
    with torch.no_grad():
        head.weight.zero_()
        head.bias.copy_(torch.tensor([1.0, -2.0]))
    return network.eval()


def test_a_constant_network_gives_a_constant_map_by_either_way() -> None:
    image = torch.randn(1, 3, 80, 112)
    for words in (EvaluationWords(), EvaluationWords(mode="slide", crop=(64, 64), stride=(32, 48))):
        logits = evaluate_images(constant_network(words), image)
        assert logits.shape == (1, 2, 80, 112)
        torch.testing.assert_close(logits[:, 0], torch.ones(1, 80, 112))
        torch.testing.assert_close(logits[:, 1], torch.full((1, 80, 112), -2.0))


def test_logits_are_returned_at_the_size_asked_for() -> None:
    logits = evaluate_images(constant_network(EvaluationWords()), torch.zeros(1, 3, 64, 64), (100, 90))
    assert logits.shape == (1, 2, 100, 90)


def test_images_smaller_than_the_crop_are_one_window() -> None:
    words = EvaluationWords(mode="slide", crop=(128, 128), stride=(64, 64))
    assert evaluate_images(constant_network(words), torch.zeros(1, 3, 32, 64)).shape == (1, 2, 32, 64)
