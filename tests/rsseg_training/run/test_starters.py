from __future__ import annotations

import json

import numpy as np
import pytest

from napari_rsseg.metrics import confusion_matrix, iou_of
from napari_rsseg.registry.card_file import read_card
from napari_rsseg.registry.digest import sha256_of
from napari_rsseg.registry.sources import starters_folder
from napari_rsseg.settings import data_folder, weights_folder
from rsseg_training.evaluation.prediction import ChipPredictor
from rsseg_training.evaluation.scoring import Reading
from rsseg_training.recipes import read_recipe
from rsseg_training.run.installing import figures_path
from rsseg_training.run.trials import load_run
from rsseg_training.sampling import read_set

STARTERS = ("landslide-starter", "cloud-starter", "grass-starter")
BUDGET_BYTES = 30_000_000


@pytest.mark.parametrize("name", STARTERS)
def test_a_starter_loads_and_is_what_its_card_says(name: str) -> None:
    card = read_card(starters_folder() / f"{name}.json")
    assert card.sha256 == sha256_of(starters_folder() / f"{name}.safetensors")
    assert card.input_values.expects == "display"
    assert card.bands == ("red", "green", "blue")
    network = load_run(starters_folder(), name)
    assert not [key for key in network.state_dict() if "running" in key]


def test_the_starters_fit_into_the_wheel() -> None:
    assert sum(path.stat().st_size for path in starters_folder().glob("*.safetensors")) < BUDGET_BYTES


@pytest.mark.parametrize("name", STARTERS)
def test_a_card_shows_the_figures_that_were_measured_with_intervals(name: str) -> None:
    card = read_card(starters_folder() / f"{name}.json")
    figures = json.loads(figures_path(name).read_text(encoding="utf-8"))
    assert [entry.model_dump(mode="json") for entry in card.evaluations] == figures["evaluations"]
    assert card.temperature == figures["temperature"]
    for entry in card.evaluations:
        assert entry.confusion
        assert entry.ece_after is not None


@pytest.mark.parametrize("name", STARTERS)
def test_no_tensor_is_the_pretrained_one(name: str) -> None:
    from safetensors.numpy import load_file

    initial = read_recipe(name).model.initial
    if initial is None or not (weights_folder() / initial).exists():
        pytest.skip("the pretrained weights (RSSEG_WEIGHTS) are not here")
    strangers = {
        value.tobytes() for value in load_file(weights_folder() / initial).values() if value.size > 1
    }
    own = load_file(starters_folder() / f"{name}.safetensors")
    assert not [key for key, value in own.items() if value.tobytes() in strangers]


@pytest.mark.skipif(not data_folder().exists(), reason="the labelled sets (RSSEG_DATA) are not here")
def test_the_landslide_starter_reproduces_its_stored_figure() -> None:
    name = "landslide-starter"
    card = read_card(starters_folder() / f"{name}.json")
    stored = json.loads(figures_path(name).read_text(encoding="utf-8"))["checks"]["landslide4sense/test"]
    predictor = ChipPredictor(
        load_run(starters_folder(), name), card.input_values.mean, card.input_values.std
    )
    reading = Reading(("background", "landslide"), card.temperature, stored["threshold"])
    chips = [chip for chip in read_set("landslide4sense", data_folder()) if chip.name in stored["iou"]]
    found = {
        chip.name: float(iou_of(confusion_matrix(chip.labels, reading.labels(predictor.logits(chip)), 2))[1])
        for chip in chips
    }
    assert found.keys() == stored["iou"].keys()
    np.testing.assert_allclose(list(found.values()), [stored["iou"][key] for key in found], atol=2e-3)
