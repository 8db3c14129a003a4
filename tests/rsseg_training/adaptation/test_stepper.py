from __future__ import annotations

from typing import Any

import pytest
import torch

from napari_rsseg.errors import TrainingError
from napari_rsseg.models.st_dasegnet import AdaptationParts, StDasegnet, StDasegnetArchitecture
from rsseg_training.adaptation import AdaptationStepper, DomainBatch
from rsseg_training.loop import check_finite
from rsseg_training.objectives import SEGFORMER_OPTIMIZERS, StDasegnetTraining, make_optimizers

TINY: dict[str, Any] = {
    "backbone": {"kind": "mit", "embed_dims": 4, "depths": (1, 1, 1, 1), "strides": (4, 2, 1, 1)},
    "neck": {"channels": (4, 8, 20, 32)},
    "head": {"kind": "segformer", "in_channels": (4, 8, 20, 40), "channels": 8, "num_classes": 2},
    "discriminator": {"in_channels": 32, "base_channels": 4, "num_conv": 1},
    "ema": {"threshold": 0.3, "rare_threshold": 0.3, "class_weight": (1.0, 1.0)},
}


def stepper(*, source_steps: int, faithful: bool = False) -> AdaptationStepper:
    torch.manual_seed(0)
    words = StDasegnetArchitecture.model_validate(TINY)
    network, parts = StDasegnet(words), AdaptationParts(words)
    optimizers = make_optimizers(network, parts, SEGFORMER_OPTIMIZERS)
    training = StDasegnetTraining(network, parts, optimizers, faithful=faithful)
    return AdaptationStepper(training, torch.device("cpu"), source_steps=source_steps, check=check_finite)


def batch(seed: int, *, fill: float = 0.0) -> DomainBatch:
    generator = torch.Generator().manual_seed(seed)
    images, target = torch.randn(2, 1, 3, 64, 64, generator=generator)
    labels = torch.randint(0, 2, (1, 64, 64), generator=generator, dtype=torch.uint8)
    valid = torch.ones(1, 64, 64, dtype=torch.bool)
    valid[:, :, :20] = False
    target[:, :, :, :20] = fill
    return DomainBatch(images, labels, target, valid)


def test_the_source_goes_first_and_the_target_is_not_seen_before() -> None:
    found = []
    for fill in (0.0, 9.0):
        trained = stepper(source_steps=2)
        for step in range(2):
            assert "loss.seg_t2s" not in trained.step(batch(step, fill=fill), step)
        found.append({key: value.clone() for key, value in trained.network.state_dict().items()})
        assert "loss.seg_t2s" in trained.step(batch(2), 2)
    assert all(torch.equal(value, found[1][key]) for key, value in found[0].items())


@pytest.mark.parametrize("faithful", [True, False])
def test_padding_of_the_target_counts_in_the_published_way_only(*, faithful: bool) -> None:
    drawn = batch(0)
    drawn.target_valid[:] = False
    said = stepper(source_steps=0, faithful=faithful).step(drawn, 0)
    assert said["confident_share"] == (1 if faithful else 0)
    assert (said["loss.seg_t2s"] > 0) is faithful


def test_a_loss_that_is_not_finite_stops_the_run() -> None:
    trained = stepper(source_steps=0)
    broken = batch(0)
    broken.images.fill_(float("nan"))
    with pytest.raises(TrainingError, match="learning rates"):
        trained.step(broken, 0)


def test_its_state_is_that_of_the_training() -> None:
    first, second = stepper(source_steps=1), stepper(source_steps=1)
    for step in range(2):
        first.step(batch(step), step)
    second.load_state_dict(first.state_dict())
    torch.manual_seed(1)
    one = first.step(batch(2), 2)
    torch.manual_seed(1)
    assert second.step(batch(2), 2) == one
