from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.metrics import softmax
from napari_rsseg.settings import data_folder
from rsseg_training.evaluation.prediction import ChipPredictor
from rsseg_training.run.figures import study_figures
from rsseg_training.run.trials import load_run, run_trials, trials_of
from rsseg_training.sampling import Chip, read_set

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rsseg_training.recipes import Recipe

pytestmark = pytest.mark.skipif(
    not data_folder().exists(), reason="the labelled sets (RSSEG_DATA) are not here"
)

NEGATIVES = {"set": "bijie_negatives"}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, toy: Callable[..., Recipe]) -> tuple[Path, Recipe]:
    """Return a folder with the finished trials of a small study, and its recipe."""
    tests = [
        NEGATIVES,
        {**NEGATIVES, "threshold": "mean"},
        {**NEGATIVES, "threshold": 0.5, "orientations": True},
    ]
    recipe = toy(study={"seeds": [0, 1], "tests": tests})
    root = tmp_path_factory.mktemp("runs")
    said: list[str] = []
    assert run_trials(trials_of(recipe), root, workers=1, tell=said.append)
    assert len(said) == 3
    return root, recipe


def test_a_threshold_chosen_without_labels_is_the_mean_probability_of_each_training(
    measured: tuple[Path, Recipe],
) -> None:
    root, recipe = measured
    figures = study_figures(recipe, root)
    entry = figures["evaluations"][1]
    assert entry["dataset"] == "bijie_negatives/all, p > mean"
    called = 0
    for trial in trials_of(recipe):
        with np.load(root / trial.name / "logits.npz") as stored:
            likely = [
                softmax(stored[name].astype(np.float32) / figures["temperature"], axis=0)[1].ravel()
                for name in stored.files
                if not name.endswith("@8")
            ]
        pixels = np.concatenate(likely)
        called += int((pixels > pixels.mean()).sum())
    assert entry["confusion"][0][1] == called
    json.dumps(figures)


def test_a_test_in_eight_orientations_does_not_depend_on_how_the_image_lies(
    measured: tuple[Path, Recipe],
) -> None:
    root, recipe = measured
    assert study_figures(recipe, root)["evaluations"][2]["dataset"].endswith("p > 0.5, eight orientations")
    chip = read_set("bijie_negatives", data_folder())[0]
    predictor = ChipPredictor(load_run(root / trials_of(recipe)[0].name), recipe.mean, recipe.std)
    image = np.ascontiguousarray(np.rot90(chip.image, axes=(1, 2))[:, ::-1])
    turned = Chip(chip.dataset, chip.name, chip.split, chip.group, image, np.rot90(chip.labels)[::-1].copy())
    upright = np.rot90(predictor.averaged(chip), axes=(1, 2))[:, ::-1]
    np.testing.assert_allclose(predictor.averaged(turned), upright, atol=1e-4)


def test_a_study_that_is_done_is_not_carried_out_again(measured: tuple[Path, Recipe]) -> None:
    root, recipe = measured
    said: list[str] = []
    assert run_trials(trials_of(recipe), root, workers=1, tell=said.append)
    assert said == ["2 of 2 trainings are done"]
