"""Steps one after another: batches drawn ahead, seeds, averages, saves; whatever a step does."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import torch

from napari_rsseg.errors import TrainingError
from rsseg_training.loop.averaging import RunningAverage
from rsseg_training.loop.checkpoint import load_state, save_state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lightning_fabric import Fabric
    from torch import Tensor, nn

    from rsseg_training.loop.options import LoopOptions

__all__ = ["Course", "FitResult", "Stepper", "check_finite", "drive"]

Drawn = TypeVar("Drawn")
Taken = TypeVar("Taken", contravariant=True)


class Stepper(Protocol[Taken]):
    """What a loop drives: a network with all that moves it, on its device."""

    @property
    def network(self) -> nn.Module:
        """What is trained, averaged and returned."""
        ...

    def step(self, batch: Taken, step: int) -> dict[str, float]:
        """Take the 0-based step and return its terms; TrainingError, and no save, where it is not finite."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Return all that the next step depends on, but batches and random states."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state; KeyError, ValueError or RuntimeError where it is another network's."""
        ...


@dataclass(frozen=True)
class Course(Generic[Drawn]):
    """What to drive, and how far.

    Attributes
    ----------
    stepper : Stepper
        Trained in place.
    draw : callable
        Returns the batch of a 0-based step, always the same one.
    options : LoopOptions
        How long, and how the result is averaged and saved.
    seed : int
        Of dropout and the like; with the step it fixes all chance inside the network.
    """

    stepper: Stepper[Drawn]
    draw: Callable[[int], Drawn]
    options: LoopOptions
    seed: int


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


def drive(
    fabric: Fabric,
    course: Course[Drawn],
    *,
    state_path: Path,
    on_step: Callable[[int, dict[str, float]], None],
    should_stop: Callable[[], bool] = lambda: False,
    until: int | None = None,
) -> FitResult:
    """Train to the end, or until asked to stop, from where ``state_path`` says it stood.

    Parameters
    ----------
    fabric : Fabric
        Knows which process writes.
    course : Course
        What to train.
    state_path : Path
        File of the run's own state; read when it exists, and up to date at the return.
    on_step : callable
        Told each step done (1-based) and its terms.
    should_stop : callable
        Asked before each step.
    until : int or None
        Step after which to return, the run unfinished; None: its last.
    """
    options, stepper = course.options, course.stepper
    last = options.steps if until is None else min(until, options.steps)
    average = RunningAverage(stepper.network, options.averaging)
    step = saved = _resume(state_path, stepper, average) if state_path.exists() else 0
    with ThreadPoolExecutor(1, thread_name_prefix="draw") as pool:
        waiting = pool.submit(course.draw, step) if step < last else None
        while waiting is not None and step < last and not should_stop():
            batch = waiting.result()
            waiting = pool.submit(course.draw, min(step + 1, options.steps - 1))
            torch.manual_seed(course.seed * 1_000_003 + step)
            terms = stepper.step(batch, step)
            average.update(stepper.network, step)
            step += 1
            on_step(step, terms)
            if step % options.save_every == 0:
                saved = _save(fabric, state_path, step, stepper, average)
    if saved < step:
        _save(fabric, state_path, step, stepper, average)
    return FitResult(step, step >= last, average.tensors)


def check_finite(total: float, step: int) -> None:
    """Refuse a loss that no gradient can be taken of.

    Raises
    ------
    TrainingError
        It is infinite or not a number, at this 0-based step.
    """
    if not math.isfinite(total):
        raise TrainingError(
            f"The loss is {total} at step {step + 1}.", "Lower the learning rates of the recipe."
        )


def _save(fabric: Fabric, path: Path, step: int, stepper: Stepper[Any], average: RunningAverage) -> int:
    if fabric.is_global_zero:
        save_state(path, {"step": step, "average": average.tensors, **stepper.state_dict()})
    return step


def _resume(path: Path, stepper: Stepper[Any], average: RunningAverage) -> int:
    state = load_state(path)
    try:
        stepper.load_state_dict(state)
        average.load(state["average"])
    except (KeyError, ValueError, RuntimeError) as error:
        raise TrainingError(
            f"{path} belongs to another network or recipe.", "Train into another run folder."
        ) from error
    return int(state["step"])
