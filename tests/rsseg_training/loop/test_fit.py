from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from napari_rsseg.errors import TrainingError
from rsseg_training.loop import FitResult, Job, LoopOptions, fit, load_state, parameter_groups, rate_factor
from rsseg_training.sampling import Batch

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = LoopOptions(steps=60, batch=4, crop_px=32, rate=0.02, averaging=0.9, save_every=10)


def draw(step: int) -> Batch:
    """Images whose label is the sign of their first band."""
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(step))
    return Batch(images, (images[:, 0] > 0).to(torch.uint8))


def job(options: LoopOptions = OPTIONS) -> Job:
    torch.manual_seed(3)
    network = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Dropout2d(0.1), nn.Conv2d(8, 2, 1))

    def losses(module: nn.Module, batch: Batch) -> dict[str, Tensor]:
        return {"cross_entropy": nn.functional.cross_entropy(module(batch.images), batch.labels.long())}

    groups = parameter_groups(network.named_parameters(), options, pretrained=lambda _: False)
    return Job(network, groups, draw, losses, options, seed=5)


def run(path: Path, *, stop_after: int | None = None, told: list[float] | None = None) -> FitResult:
    done: list[int] = []

    def on_step(step: int, terms: dict[str, float]) -> None:
        done.append(step)
        if told is not None:
            told.append(terms["cross_entropy"])

    return fit(
        Fabric(accelerator="cpu", devices=1),
        job(),
        state_path=path,
        on_step=on_step,
        should_stop=lambda: stop_after is not None and len(done) >= stop_after,
    )


def test_the_loop_learns_a_toy_problem(tmp_path: Path) -> None:
    losses: list[float] = []
    result = run(tmp_path / "last.pt", told=losses)
    assert result.finished
    assert result.step == 60
    assert losses[-1] < 0.3 < losses[0]


@pytest.mark.parametrize("stopped_at", [1, 10, 37])
def test_a_resumed_run_ends_bit_equal_to_an_uninterrupted_one(tmp_path: Path, stopped_at: int) -> None:
    whole = run(tmp_path / "whole.pt")
    part = run(tmp_path / "part.pt", stop_after=stopped_at)
    assert not part.finished
    assert part.step == stopped_at
    resumed = run(tmp_path / "part.pt")
    assert resumed.finished
    assert all(torch.equal(resumed.tensors[name], value) for name, value in whole.tensors.items())
    ended, expected = load_state(tmp_path / "part.pt"), load_state(tmp_path / "whole.pt")
    assert all(torch.equal(ended["network"][name], value) for name, value in expected["network"].items())


def test_a_run_that_lost_the_steps_since_its_last_save_repeats_them_alike(tmp_path: Path) -> None:
    run(tmp_path / "whole.pt")
    run(tmp_path / "part.pt", stop_after=20)
    saved = (tmp_path / "part.pt").read_bytes()
    run(tmp_path / "part.pt", stop_after=13)
    (tmp_path / "part.pt").write_bytes(saved)  # as a kill before the next save leaves it
    run(tmp_path / "part.pt")
    ended, expected = load_state(tmp_path / "part.pt"), load_state(tmp_path / "whole.pt")
    assert all(torch.equal(ended["network"][name], value) for name, value in expected["network"].items())


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 torn", b"\x80\x02K\x01."], ids=["empty", "torn", "pickle"]
)
def test_a_damaged_state_is_refused_and_never_run(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "last.pt").write_bytes(content)
    with pytest.raises(TrainingError, match=r"last\.pt"):
        run(tmp_path / "last.pt")


def test_the_state_of_another_network_is_refused(tmp_path: Path) -> None:
    run(tmp_path / "last.pt", stop_after=1)
    state = load_state(tmp_path / "last.pt")
    state["network"] = {"other": torch.zeros(1)}
    torch.save(state, tmp_path / "last.pt")
    with pytest.raises(TrainingError, match="another network"):
        run(tmp_path / "last.pt")


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path) -> None:
    broken = job()
    with torch.no_grad():
        broken.network[0].bias.fill_(float("nan"))  # type: ignore[index]
    with pytest.raises(TrainingError, match="learning rates"):
        fit(
            Fabric(accelerator="cpu", devices=1),
            broken,
            state_path=tmp_path / "last.pt",
            on_step=lambda *_: None,
        )


def test_the_rate_grows_then_falls_to_zero() -> None:
    factors = [rate_factor(step, 100, warm_up=0.1) for step in range(101)]
    assert factors[9] == factors[10] == 1
    assert factors[0] == pytest.approx(0.1)
    assert factors[100] == pytest.approx(0)
    assert all(a >= b for a, b in pairwise(factors[10:]))


def test_norms_and_biases_do_not_decay_and_pretrained_layers_learn_slower() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.GroupNorm(2, 4))
    groups = parameter_groups(
        network.named_parameters(), OPTIONS, pretrained=lambda name: name.startswith("0")
    )
    found = {(g["rate"], g["weight_decay"]): len(g["params"]) for g in groups}
    assert found == {(3e-4, 0.01): 1, (3e-4, 0.0): 1, (0.02, 0.0): 2}
