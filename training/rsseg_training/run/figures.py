"""The figures of a starter from the logits of its trials."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.errors import TrainingError
from napari_rsseg.metrics import bootstrap_difference, fit_temperature, iou_of
from rsseg_training.evaluation.scoring import (
    ChipLogits,
    Reading,
    calibration_error,
    confusions_of,
    evaluation_of,
)
from rsseg_training.evaluation.views import read_labels_as, reading_of
from rsseg_training.run.trials import Trial, logits_name, tested_chips, trials_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rsseg_training.recipes import Recipe
    from rsseg_training.recipes.study import TestSource

__all__ = ["study_figures"]

_FITTED_PIXELS = 200_000
_CHECKED = 4  # chips that a test predicts again


@dataclass(frozen=True)
class _Prediction:
    """One training's logits of one test: chips in a fixed order."""

    seed: int
    fold: int
    chips: tuple[ChipLogits, ...]


def study_figures(recipe: Recipe, root: Path) -> dict[str, Any]:
    """Return what goes into card and docs: evaluations, temperature, comparison.

    Parameters
    ----------
    recipe : Recipe
        Whose trials are done.
    root : Path
        Folder of the trials.
    """
    own, others = (_whole(recipe, root, baseline=baseline) for baseline in (False, True))
    if not own:
        raise TrainingError(f"No seed of {recipe.name} is trained on all its folds.", "Let the study go on.")
    temperature = _temperature(recipe, own, root)
    evaluations, comparisons = [], []
    for test in recipe.study.tests:
        label = test_name(test)
        reading = reading_of(recipe.scheme.names, test.view, temperature, _threshold(test, recipe))
        confusions, calibration = _confusions(own, root, test, reading)
        entry = evaluation_of(
            label,
            confusions,
            reading,
            trained_on=test.trained_on,
            calibration=calibration,
            note=test.note,
        )
        evaluations.append(entry.model_dump(mode="json"))
        if others:
            comparisons.append(_comparison(test, root, reading, own, others))
    return {
        "name": recipe.name,
        "temperature": temperature,
        "evaluations": evaluations,
        "comparisons": comparisons,
        "trainings": len(own),
        "checks": _checks(recipe, own, root, temperature),
    }


def _threshold(test: TestSource, recipe: Recipe) -> float | None:
    """Return the one threshold of a test; None where each training has its own."""
    return None if test.threshold == "mean" else test.threshold or recipe.card.threshold


def _called(test: TestSource, reading: Reading, chips: Sequence[ChipLogits]) -> Reading:
    if test.threshold != "mean":
        return reading
    likely = [reading.probabilities(chip.logits, reading.temperature)[1].ravel() for chip in chips]
    return replace(reading, threshold=float(np.concatenate(likely).mean()))


def _whole(recipe: Recipe, root: Path, *, baseline: bool) -> list[Trial]:
    """Return the trials of the seeds that are done in all folds."""
    trials = [trial for trial in trials_of(recipe) if trial.baseline == baseline]
    missing = {trial.recipe.seed for trial in trials if not (root / trial.name / "logits.npz").exists()}
    return [trial for trial in trials if trial.recipe.seed not in missing]


def _checks(recipe: Recipe, own: Sequence[Trial], root: Path, temperature: float) -> dict[str, Any]:
    """Return the IoU on chips of the training that is the starter: its seed, where nothing is left out."""
    if recipe.study.folds:
        return {}
    found = {}
    trial = next((trial for trial in own if trial.recipe.seed == recipe.seed), own[0])
    for test in recipe.study.tests:
        if test.trained_on and not test.orientations and len(recipe.scheme.classes) == 2:
            reading = reading_of(recipe.scheme.names, test.view, temperature, recipe.card.threshold)
            chips = [c for c in _predictions([trial], root, test)[0].chips if (c.labels == 1).any()][
                :_CHECKED
            ]
            ious = iou_of(confusions_of(chips, reading))[:, 1]
            names = [chip.name.split("/")[1] for chip in chips]
            found[test_name(test)] = {
                "threshold": reading.threshold,
                "iou": {name: round(float(iou), 4) for name, iou in zip(names, ious, strict=True)},
            }
    return found


def test_name(test: TestSource) -> str:
    """Return how a test is called in cards."""
    part = "+".join((*test.splits, *test.groups)) or "all"
    held = ", cross-validated" if test.held_out else ""
    view = ", any cloud" if test.view != "classes" else ""
    threshold = f", p > {test.threshold}" if test.threshold else ""
    turned = ", eight orientations" if test.orientations else ""
    return f"{test.set}/{part}{held}{view}{threshold}{turned}"


def _predictions(trials: Sequence[Trial], root: Path, test: TestSource) -> list[_Prediction]:
    found = []
    for trial in trials:
        with np.load(root / trial.name / "logits.npz") as stored:
            chips = tuple(
                ChipLogits(
                    f"{chip.dataset}/{chip.name}",
                    stored[logits_name(test, chip)],
                    read_labels_as(test.view, chip.labels, test.set),
                )
                for chip in tested_chips(test, trial.recipe.leave_out)
            )
        found.append(_Prediction(trial.recipe.seed, trial.fold, chips))
    return found


def _confusions(
    trials: Sequence[Trial], root: Path, test: TestSource, reading: Reading
) -> tuple[np.ndarray, tuple[float, float]]:
    """Return confusion matrices (S, N, K, K) and the calibration error before and after the temperature.

    A cross-validated test has one row per seed, its images gathered from the folds; another has one row per
    training.
    """
    predictions = _predictions(trials, root, test)
    errors = [
        (calibration_error(p.chips, reading, 1.0), calibration_error(p.chips, reading, reading.temperature))
        for p in predictions
        if p.chips
    ]
    rows: dict[tuple[int, int], dict[str, np.ndarray]] = defaultdict(dict)
    for prediction in predictions:
        key = (prediction.seed, 0 if test.held_out else prediction.fold)
        if prediction.chips:
            matrices = confusions_of(prediction.chips, _called(test, reading, prediction.chips))
            rows[key].update({c.name: m for c, m in zip(prediction.chips, matrices, strict=True)})
    names = sorted(next(iter(rows.values())))
    stacked = np.stack([np.stack([row[name] for name in names]) for row in rows.values()])
    before, after = np.mean(errors, axis=0)
    return stacked, (float(before), float(after))


def _comparison(
    test: TestSource, root: Path, reading: Reading, own: Sequence[Trial], others: Sequence[Trial]
) -> dict[str, Any]:
    """Return the baseline's figures and the paired difference, on the seeds that both have."""
    seeds = {trial.recipe.seed for trial in own} & {trial.recipe.seed for trial in others}
    shared, theirs = (
        _confusions([trial for trial in trials if trial.recipe.seed in seeds], root, test, reading)[0]
        for trials in (own, others)
    )
    difference = bootstrap_difference(shared, theirs, iou_of)
    entry = evaluation_of(test_name(test), theirs, reading, trained_on=test.trained_on)
    return {
        "dataset": entry.dataset,
        "family": others[0].recipe.model.family,
        "seeds": len(seeds),
        "per_class": {name: metric.iou for name, metric in entry.per_class.items()},
        "mean_iou": entry.mean_iou,
        "own_mean_iou": round(float(np.nanmean(iou_of(shared.sum(axis=1)))), 4),
        "difference": {
            name: [_rounded(v[k]) for v in (difference.value, difference.low, difference.high)]
            for k, name in enumerate(reading.classes)
        },
    }


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _temperature(recipe: Recipe, trials: Sequence[Trial], root: Path) -> float:
    """Fit one temperature to the held-out chips of all trainings; none held out: the runs' mean."""
    from napari_rsseg.registry.card_file import read_card

    logits, labels = [], []
    generator = np.random.default_rng(0)
    for test in recipe.study.tests:
        if not test.held_out or test.view != "classes" or test.orientations:
            continue
        for prediction in _predictions(trials, root, test):
            for chip in prediction.chips:
                counted = chip.labels < len(recipe.scheme.classes)
                logits.append(chip.logits[:, counted].T)
                labels.append(chip.labels[counted])
    if not logits:
        own = [read_card(root / trial.name / "best.json").temperature for trial in trials]
        return round(float(np.mean(own)), 4)
    all_logits, all_labels = np.concatenate(logits), np.concatenate(labels)
    taken = generator.choice(len(all_labels), min(_FITTED_PIXELS, len(all_labels)), replace=False)
    return round(fit_temperature(all_logits[taken].astype(np.float32), all_labels[taken]), 4)
