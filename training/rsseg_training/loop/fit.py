"""Training down the gradient of a sum of terms, on Lightning Fabric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from rsseg_training.loop.driving import Course, FitResult, check_finite, drive
from rsseg_training.loop.schedule import rate_factor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from lightning_fabric import Fabric
    from torch import Tensor, nn

    from rsseg_training.loop.options import LoopOptions
    from rsseg_training.sampling import Batch

__all__ = ["Job", "fit", "parameter_groups"]


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
    stepper = _DescendingStepper(fabric, job)
    course = Course(stepper, job.draw, job.options, job.seed)
    return drive(fabric, course, state_path=state_path, on_step=on_step, should_stop=should_stop)


class _DescendingStepper:
    """Takes one AdamW step down the sum of a job's terms.

    Parameters
    ----------
    fabric : Fabric
        Device, precision and processes.
    job : Job
        What to train.
    """

    def __init__(self, fabric: Fabric, job: Job) -> None:
        self._fabric, self._job = fabric, job
        job.network.to(memory_format=torch.channels_last)  # a third faster on a CPU
        self._plain = torch.optim.AdamW([{**group, "lr": group["rate"]} for group in job.groups])
        self._wrapped, self._optimizer = fabric.setup(job.network, self._plain)
        self._mine = [parameter for group in job.groups for parameter in group["params"]]
        self._wrapped.train()

    @property
    def network(self) -> nn.Module:
        """The job's."""
        return self._job.network

    def step(self, batch: Batch, step: int) -> dict[str, float]:
        """Descend once."""
        job, options = self._job, self._job.options
        factor = (
            rate_factor(step, options.steps, warm_up=options.warm_up)
            if job.factor is None
            else job.factor(step)
        )
        for group in self._optimizer.param_groups:
            group["lr"] = group["rate"] * factor
        terms = job.losses(self._wrapped, _moved(self._fabric, batch))
        total = torch.stack(list(terms.values())).sum()
        check_finite(total.item(), step)
        self._optimizer.zero_grad(set_to_none=True)
        self._fabric.backward(total)
        torch.nn.utils.clip_grad_norm_(self._mine, options.clip)
        self._optimizer.step()
        return {name: float(term.detach()) for name, term in terms.items()}

    def state_dict(self) -> dict[str, Any]:
        """Return network, optimizer and companion."""
        companion = self._job.companion
        return {
            "network": self.network.state_dict(),
            "optimizer": self._plain.state_dict(),
            "companion": {} if companion is None else companion.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from network, optimizer and companion."""
        self.network.load_state_dict(state["network"])
        self._plain.load_state_dict(state["optimizer"])
        if self._job.companion is not None:
            self._job.companion.load_state_dict(state["companion"])


def _moved(fabric: Fabric, batch: Batch) -> Batch:
    images = batch.images.contiguous(memory_format=torch.channels_last)
    return type(batch)(fabric.to_device(images), fabric.to_device(batch.labels))
