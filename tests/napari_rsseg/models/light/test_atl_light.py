from __future__ import annotations

import pytest
import torch

from napari_rsseg.models import build
from napari_rsseg.models.layers.stage_prompts import StagePrompts
from napari_rsseg.models.light import AtlLight, KtdaLight

BASE = {"classes": 3, "width": 16, "heads": 2}


def pair(**changes: int) -> tuple[KtdaLight, AtlLight]:
    """A starter that stores its norms inside its convolutions, and ATL-light on it."""
    base = build("ktda-light", {**BASE, **changes})
    assert isinstance(base, KtdaLight)
    folded = base.eval().folded()
    network = build("atl-light", folded.architecture.model_dump(mode="json"))
    assert isinstance(network, AtlLight)
    missing, unexpected = network.load_state_dict(folded.state_dict(), strict=False)
    assert not unexpected
    assert {key.partition(".")[0] for key in missing} == {"atl"}
    return folded, network


@pytest.mark.parametrize("scale", [1, 2])
@torch.no_grad()
def test_it_starts_exactly_at_its_starter(scale: int) -> None:
    base, network = pair(input_scale=scale)
    images = torch.randn(2, 3, 64, 96)
    assert torch.equal(network.eval()(images), base(images))


def test_each_block_of_the_student_gets_a_prompt_of_its_own() -> None:
    _, network = pair()
    groups = [prompts for prompts in network.atl if isinstance(prompts, StagePrompts)]
    blocks = sum(len(stage) for stage in network.student.blocks)
    assert sum(len(prompts.block) for prompts in groups) == blocks == 16
    network.eval()(torch.randn(1, 3, 64, 64)).sum().backward()
    assert all(prompts.shared.weight.grad is not None for prompts in groups)


def test_the_student_neither_trains_nor_leaves_evaluation() -> None:
    _, network = pair()
    network.train()
    assert not network.student.training
    frozen = {name for name, parameter in network.named_parameters() if not parameter.requires_grad}
    assert frozen == {f"student.{name}" for name, _ in network.student.named_parameters()}


def test_a_published_number_of_parameters_trains_on_the_landslide_starter() -> None:
    network = build("atl-light", {"classes": 2, "width": 64, "input_scale": 2, "folded": True})
    trained = sum(part.numel() for part in network.parameters() if part.requires_grad)
    assert (trained, sum(part.numel() for part in network.parameters())) == (192_232, 3_131_352)
