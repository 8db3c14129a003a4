"""The one training loop, on Lightning Fabric."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from napari_rsseg.errors import TrainingError
from rsseg_training.loop.averaging import RunningAverage
from rsseg_training.loop.checkpoint import load_state, save_state
from rsseg_training.loop.schedule import rate_factor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lightning_fabric import Fabric
    from torch import Tensor, nn

    from rsseg_training.loop.options import LoopOptions
    from rsseg_training.sampling import Batch

__all__ = ["FitResult", "Job", "fit", "parameter_groups"]


@dataclass(frozen=True)
class Job:
    """What to train.

    Attributes
    ----------
    network : nn.Module
        Trained in place.
    groups : list of dict
        Parameters with their highest ``rate``, see `parameter_groups`.
    draw : callable
        Returns the batch of a 0-based step, always the same one.
    losses : callable
        Maps network and batch to terms that are summed.
    options : LoopOptions
        How long and how fast.
    seed : int
        Of dropout and the like; with the step it fixes all chance inside the network.
    factor : callable or None
        Share of the highest rates at a 0-based step; None: linear growth, then half a cosine.
    companion : nn.Module or None
        Trained along, kept in the run's state, and no part of the result.
    """

    network: nn.Module
    groups: list[dict[str, Any]]
    draw: Callable[[int], Batch]
    losses: Callable[[nn.Module, Batch], dict[str, Tensor]]
    options: LoopOptions
    seed: int
    factor: Callable[[int], float] | None = None
    companion: nn.Module | None = None


@dataclass(frozen=True)
class FitResult:
    """How far a run came.

    Attributes
    ----------
    step : int
        Steps done in all.
    finished : bool
        False when it was asked to stop.
    tensors : dict of Tensor
        The averaged network.
    """

    step: int
    finished: bool
    tensors: dict[str, Tensor]


def parameter_groups(
    named: Iterable[tuple[str, nn.Parameter]], options: LoopOptions, *, pretrained: Callable[[str], bool]
) -> list[dict[str, Any]]:
    """Part parameters by learning rate, and by whether they decay (tensors of two or more axes)."""
    parts: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in named:
        parts.setdefault((pretrained(name), parameter.ndim > 1), []).append(parameter)
    return [
        {
            "params": parameters,
            "rate": options.pretrained_rate if is_pretrained else options.rate,
            "weight_decay": options.weight_decay if decays else 0.0,
        }
        for (is_pretrained, decays), parameters in parts.items()
    ]


def fit(
    fabric: Fabric,
    job: Job,
    *,
    state_path: Path,
    on_step: Callable[[int, dict[str, float]], None],
    should_stop: Callable[[], bool] = lambda: False,
) -> FitResult:
    """Train to the end, or until asked to stop, from where ``state_path`` says it stood.

    Parameters
    ----------
    fabric : Fabric
        Device, precision and processes.
    job : Job
        What to train.
    state_path : Path
        File of the run's own state; read when it exists.
    on_step : callable
        Told each step done (1-based) and its terms.
    should_stop : callable
        Asked before each step.
    """
    options = job.options
    job.network.to(memory_format=torch.channels_last)  # a third faster on a CPU
    plain = torch.optim.AdamW([{**group, "lr": group["rate"]} for group in job.groups])
    average = RunningAverage(job.network, options.averaging)
    first = _resume(state_path, job, plain, average) if state_path.exists() else 0
    network, optimizer = fabric.setup(job.network, plain)
    mine = [parameter for group in job.groups for parameter in group["params"]]
    network.train()
    step = first
    with ThreadPoolExecutor(1, thread_name_prefix="draw") as pool:
        waiting = pool.submit(job.draw, step)
        while step < options.steps and not should_stop():
            batch = waiting.result()
            waiting = pool.submit(job.draw, min(step + 1, options.steps - 1))
            torch.manual_seed(job.seed * 1_000_003 + step)
            factor = (
                rate_factor(step, options.steps, warm_up=options.warm_up)
                if job.factor is None
                else job.factor(step)
            )
            for group in optimizer.param_groups:
                group["lr"] = group["rate"] * factor
            terms = job.losses(network, _moved(fabric, batch))
            total = torch.stack(list(terms.values())).sum()
            if not torch.isfinite(total):
                raise TrainingError(
                    f"The loss is {total.item()} at step {step + 1}.",
                    "Lower the learning rates of the recipe.",
                )
            optimizer.zero_grad(set_to_none=True)
            fabric.backward(total)
            torch.nn.utils.clip_grad_norm_(mine, options.clip)
            optimizer.step()
            average.update(job.network, step)
            step += 1
            on_step(step, {name: float(term.detach()) for name, term in terms.items()})
            if step % options.save_every == 0 or step == options.steps:
                _save(fabric, state_path, step, job, plain, average)
    if step < options.steps:
        _save(fabric, state_path, step, job, plain, average)
    return FitResult(step, step >= options.steps, average.tensors)


def _moved(fabric: Fabric, batch: Batch) -> Batch:
    images = batch.images.contiguous(memory_format=torch.channels_last)
    return type(batch)(fabric.to_device(images), fabric.to_device(batch.labels))


def _save(
    fabric: Fabric, path: Path, step: int, job: Job, optimizer: torch.optim.Optimizer, average: RunningAverage
) -> None:
    if fabric.is_global_zero:
        state = {
            "step": step,
            "network": job.network.state_dict(),
            "average": average.tensors,
            "optimizer": optimizer.state_dict(),
            "companion": {} if job.companion is None else job.companion.state_dict(),
        }
        save_state(path, state)


def _resume(path: Path, job: Job, optimizer: torch.optim.Optimizer, average: RunningAverage) -> int:
    state = load_state(path)
    try:
        job.network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        average.load(state["average"])
        if job.companion is not None:
            job.companion.load_state_dict(state["companion"])
    except (KeyError, ValueError, RuntimeError) as error:
        raise TrainingError(
            f"{path} belongs to another network or recipe.", "Train into another run folder."
        ) from error
    return int(state["step"])
