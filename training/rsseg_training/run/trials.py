"""The trainings behind a starter's figures, each in its own run folder, and what they predict."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_rsseg.models import build
from napari_rsseg.registry import open_model, whole_model
from napari_rsseg.settings import data_folder
from rsseg_training.evaluation.prediction import ChipPredictor
from rsseg_training.loop import LoopOptions
from rsseg_training.recipes import ModelOptions, Recipe
from rsseg_training.run.folder import RunFolder
from rsseg_training.run.training import train
from rsseg_training.sampling import Chip, read_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from napari_rsseg.models import SegmentationNetwork
    from rsseg_training.recipes.study import TestSource

__all__ = ["Trial", "carry_out", "load_run", "logits_name", "run_trials", "tested_chips", "trials_of"]


@dataclass(frozen=True)
class Trial:
    """One training of a study.

    Attributes
    ----------
    name : str
        Of its folder.
    recipe : Recipe
        With seed, network and fold put in.
    fold : int
        Number of the fold, 0 where there are none.
    baseline : bool
        Whether it trains the network to compare with.
    """

    name: str
    recipe: Recipe
    fold: int
    baseline: bool


def trials_of(recipe: Recipe) -> tuple[Trial, ...]:
    """Return all trainings of a recipe's study, those of the starter's own network first."""
    study = recipe.study
    folds = study.folds or ((),)
    trials = [
        Trial(f"{recipe.name}-seed{seed}-fold{fold}", _variant(recipe, seed, left), fold, baseline=False)
        for seed in study.seeds
        for fold, left in enumerate(folds)
    ]
    if study.baseline is not None:
        other = study.baseline
        changed = recipe.model_copy(
            update={
                "model": ModelOptions(family=other.family, architecture=other.architecture),
                "loop": LoopOptions(**{**recipe.loop.model_dump(), "rate": other.rate}),
            }
        )
        trials += [
            Trial(
                f"{recipe.name}-{other.family}-seed{seed}-fold{fold}",
                _variant(changed, seed, left),
                fold,
                True,
            )
            for seed in other.seeds
            for fold, left in enumerate(folds)
        ]
    return tuple(trials)


def _variant(recipe: Recipe, seed: int, left: Sequence[str]) -> Recipe:
    return recipe.model_copy(update={"seed": seed, "leave_out": (*recipe.leave_out, *left)})


def tested_chips(test: TestSource, left: Sequence[str]) -> Iterator[Chip]:
    """Read the chips of a test; of a held-out one those that the fold left out."""
    for chip in read_set(test.set, data_folder()):
        if test.splits and chip.split not in test.splits:
            continue
        if test.groups and chip.group not in test.groups:
            continue
        if not test.held_out or f"{chip.dataset}/{chip.group}" in left:
            yield chip


def logits_name(test: TestSource, chip: Chip) -> str:
    """Return under which name a test's logits of a chip are stored."""
    return f"{chip.dataset}/{chip.name}" + ("@8" if test.orientations else "")


def load_run(folder: Path, name: str = "best") -> SegmentationNetwork:
    """Return the network of a finished run, ready to predict."""
    from safetensors.torch import load_file

    model = whole_model(open_model(folder / f"{name}.json"))
    network = build(model.card.family, model.card.architecture)
    network.load_state_dict({key: value.float() for key, value in load_file(model.weights_path).items()})
    return network.to(memory_format=torch.channels_last).eval()


def carry_out(trial: Trial, root: Path) -> str:
    """Train a trial and store its logits of all test chips; what is done already is not done again."""
    folder = RunFolder(root / trial.name)
    if train(trial.recipe, folder) != "done":
        return "cancelled"
    target = folder.path / "logits.npz"
    if target.exists():
        return "done"
    folder.state_path.unlink(missing_ok=True)  # a study keeps dozens of runs, none to be resumed once done
    predictor = ChipPredictor(load_run(folder.path), trial.recipe.mean, trial.recipe.std)
    found = {}
    for test in trial.recipe.study.tests:
        predict = predictor.averaged if test.orientations else predictor.logits
        for chip in tested_chips(test, trial.recipe.leave_out):
            name = logits_name(test, chip)
            if name not in found:
                found[name] = predict(chip).astype(np.float16)
    temporary = folder.path / "logits.part.npz"
    np.savez_compressed(temporary, **found)  # type: ignore[arg-type]  # its one option is no chip's name
    temporary.replace(target)
    return "done"


def run_trials(trials: Sequence[Trial], root: Path, *, workers: int, tell: Callable[[str], None]) -> bool:
    """Carry out trials in processes side by side; return whether all are done.

    A trial that is asked to stop ends the study: none is begun after it.
    """
    waiting = [trial for trial in trials if not (root / trial.name / "logits.npz").exists()]
    tell(f"{len(trials) - len(waiting)} of {len(trials)} trainings are done")
    if not waiting:
        return True
    count = min(workers, len(waiting))
    next_ones, states = iter(waiting), []
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(carry_out, trial, root): trial for trial in islice(next_ones, count)}
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                states.append(future.result())
                tell(f"{running.pop(future).name}: {states[-1]} ({len(states)} of {len(waiting)})")
                if set(states) == {"done"}:
                    running |= {pool.submit(carry_out, trial, root): trial for trial in islice(next_ones, 1)}
    return set(states) == {"done"}
