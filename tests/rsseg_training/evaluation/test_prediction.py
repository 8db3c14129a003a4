from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from napari_rsseg.models import SegmentationNetwork
from rsseg_training.evaluation.prediction import ChipPredictor
from rsseg_training.sampling import Chip

MEAN, STD = (0.2, 0.3, 0.4), (0.1, 0.2, 0.3)


class Echo(SegmentationNetwork):
    """Its logits are the first two channels of what it is fed, which must have whole strides."""

    stride_px = 8

    def forward(self, images: Tensor) -> Tensor:
        assert not images.shape[-1] % self.stride_px
        assert not images.shape[-2] % self.stride_px
        return images[:, :2]


class Sloped(Echo):
    """Its logits grow from left to right, whatever the image shows."""

    def forward(self, images: Tensor) -> Tensor:
        slope = torch.linspace(-2, 2, images.shape[-1]).expand(images.shape[-2], -1)
        return torch.stack((slope, -slope)).expand(len(images), -1, -1, -1)


def chip(height: int, width: int) -> Chip:
    image = np.random.default_rng(0).random((3, height, width), dtype=np.float32)
    return Chip("set", "name", "train", "group", image, np.zeros((height, width), np.uint8))


@pytest.mark.parametrize("size", [(16, 24), (13, 21), (1, 1)], ids=["whole strides", "odd", "one pixel"])
def test_a_chip_is_normalised_padded_and_comes_back_at_its_size(size: tuple[int, int]) -> None:
    seen = chip(*size)
    logits = ChipPredictor(Echo(), MEAN, STD).logits(seen)
    expected = (seen.image - np.reshape(MEAN, (3, 1, 1))) / np.reshape(STD, (3, 1, 1))
    np.testing.assert_allclose(logits, expected[:2], rtol=1e-4, atol=1e-5)


def test_a_network_that_looks_at_pixels_alone_is_not_changed_by_eight_orientations() -> None:
    seen, predictor = chip(13, 21), ChipPredictor(Echo(), MEAN, STD)
    probabilities = torch.from_numpy(predictor.logits(seen)).softmax(dim=0)
    np.testing.assert_allclose(np.exp(predictor.averaged(seen)), probabilities, rtol=1e-4, atol=1e-5)


def test_eight_orientations_leave_no_side_preferred() -> None:
    averaged = ChipPredictor(Sloped(), MEAN, STD).averaged(chip(16, 16))
    for turned in (averaged[..., ::-1], averaged[:, ::-1], np.rot90(averaged, axes=(1, 2))):
        np.testing.assert_allclose(averaged, turned, rtol=1e-4, atol=1e-5)
