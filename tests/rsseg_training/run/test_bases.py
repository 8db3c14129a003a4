from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import torch
from safetensors.torch import load_file

from napari_rsseg.cli.main import main
from napari_rsseg.engine.loading import load_network
from napari_rsseg.errors import TrainingError
from napari_rsseg.jobs.importing import import_file
from napari_rsseg.registry import base_of, find_model, open_model, whole_model
from napari_rsseg.settings import data_folder, user_models_folder
from rsseg_training.recipes import read_recipe
from rsseg_training.run.assembly import chips_of, make_network, make_objective, make_sampler
from rsseg_training.run.folder import RunFolder
from rsseg_training.run.installing import install_run
from rsseg_training.run.training import train
from rsseg_training.run.trials import load_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.models import SegmentationNetwork
    from rsseg_training.recipes import Recipe

pytestmark = pytest.mark.skipif(
    not data_folder().exists(), reason="the labelled sets (RSSEG_DATA) are not here"
)

LIGHT = {"family": "atl-light", "base": "landslide-starter"}
MOBILE = {"family": "translandseg-t", "base": "mobile-sam", "architecture": {"input_scale": 8}}


@pytest.fixture(autouse=True)
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSSEG_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def adapted(tmp_path: Path, toy: Callable[..., Recipe]) -> RunFolder:
    """A short run of ATL-light on real chips."""
    loop = {"steps": 16, "batch": 4, "crop_px": 64, "averaging": 0.0, "rate": 5e-3, "pretrained_rate": 5e-4}
    recipe = toy(name="adapted", model=LIGHT, loop=loop, augmentation={})
    folder = RunFolder(tmp_path / "run")
    assert train(recipe, folder) == "done"
    return folder


def test_the_file_of_a_run_holds_what_trained_and_the_card_says_how_much(adapted: RunFolder) -> None:
    delta = open_model(adapted.path / "best.json")
    base = find_model("landslide-starter")
    assert delta.card.base == delta.card.parent == base.card.sha256
    assert "Trained 192,232 of 3,131,352 parameters (6.1%); the others are those of landslide-starter." in (
        delta.card.notes
    )
    tensors = load_file(delta.weights_path)
    assert not any(name.startswith("student.") for name in tensors)
    assert sum(tensor.numel() for tensor in tensors.values()) == 192_232
    assert delta.weights_path.stat().st_size < base.weights_path.stat().st_size / 12


def test_base_and_delta_are_the_trained_network_and_the_base_is_left_alone(adapted: RunFolder) -> None:
    delta = open_model(adapted.path / "best.json")
    base = base_of(delta)
    assert base is not None
    whole = whole_model(delta)
    joined, stood_on, own = (load_file(part.weights_path) for part in (whole, base, delta))
    frozen = {name for name in joined if name.startswith("student.")}
    assert frozen == set(joined) - set(own)
    assert all(torch.equal(joined[name], stood_on[name]) for name in frozen)
    trained = torch.load(adapted.state_path, weights_only=True)["network"]
    for name, tensor in joined.items():
        torch.testing.assert_close(tensor.float(), trained[name], rtol=1e-3, atol=1e-6)
    assert any(own[name].any() for name in own if name.endswith("shared.weight"))  # prompts left zero
    network = load_network(whole.card, whole.weights_path).eval()
    assert network(torch.randn(1, 3, 64, 64)).shape == (1, 2, 64, 64)


@torch.no_grad()
def loss_of(recipe: Recipe, network: SegmentationNetwork) -> float:
    """Mean loss on the first crops that the recipe draws."""
    sampler, objective = make_sampler(recipe, chips_of(recipe.data, ())), make_objective(recipe)
    batches = [sampler.draw(step) for step in range(4)]
    network.eval()
    terms = [objective(network(batch.images), batch.labels) for batch in batches]
    return float(np.mean([sum(each.values()).item() for each in terms]))  # type: ignore[union-attr]


def test_a_short_training_lowers_the_loss(tmp_path: Path, toy: Callable[..., Recipe]) -> None:
    loop = {"steps": 30, "batch": 4, "crop_px": 64, "averaging": 0.0, "rate": 5e-3, "pretrained_rate": 1e-3}
    changes: dict[str, Any] = {"loop": loop, "calibration": [], "augmentation": {}}
    recipe = toy(model=LIGHT, data=[{"set": "hokkaido_s2_weak", "splits": ["weak"]}], **changes)
    before = loss_of(recipe, make_network(recipe))
    train(recipe, RunFolder(tmp_path / "run"))
    assert loss_of(recipe, load_run(tmp_path / "run")) < 0.9 * before


def segmented(model: str, out: Path) -> npt.NDArray[np.uint8]:
    """Labels of a real chip by the command line, its engine and an installed model."""
    chip = data_folder() / "landslide" / "landslide4sense" / "images" / "tls_19.png"
    words = ["segment", str(chip), "--task", "landslide", "--model", model, "--out", str(out)]
    assert main(words) == 0
    labels: npt.NDArray[np.uint8] = tifffile.imread(out / "tls_19_landslide.tif")
    return labels


def test_an_installed_delta_keeps_its_base_and_segments(adapted: RunFolder, tmp_path: Path) -> None:
    recipe = read_recipe(adapted.path / "recipe.toml")
    installed = install_run(recipe, adapted, destination=user_models_folder())
    found = find_model("adapted")
    assert found.card == installed.card
    assert found.card.base == find_model("landslide-starter").card.sha256
    assert "6.1%" in found.card.notes
    labels = segmented("adapted", tmp_path / "out")
    assert labels.shape == (128, 128)
    assert set(np.unique(labels)) <= {0, 1}


@pytest.mark.slow
def test_translandseg_t_trains_on_real_chips_is_stored_loaded_and_segments(
    tmp_path: Path, toy: Callable[..., Recipe], mobile_sam_file: Path
) -> None:
    base = import_file(mobile_sam_file, name="mobile-sam")
    loop = {"steps": 6, "batch": 1, "crop_px": 128, "averaging": 0.0, "rate": 1e-3, "warm_up": 0.0}
    card = {"title": "Toy", "tile_px": 128}
    recipe = toy(name="small", model=MOBILE, loop=loop, card=card, calibration=[], augmentation={})
    before = loss_of(recipe, make_network(recipe))
    folder = RunFolder(tmp_path / "run")
    assert train(recipe, folder) == "done"
    assert loss_of(recipe, load_run(folder.path)) < before
    delta = install_run(recipe, folder, destination=user_models_folder())
    assert delta.card.base == base.card.sha256
    assert "Trained 4,150,948 of " in delta.card.notes
    own, stood_on = load_file(delta.weights_path), load_file(base.weights_path)
    assert sum(tensor.numel() for tensor in own.values()) == 4_150_948
    joined = load_file(whole_model(delta).weights_path)
    frozen = set(joined) - set(own)
    assert all(torch.equal(joined[name], stood_on[name]) for name in frozen)
    assert segmented("small", tmp_path / "out").shape == (128, 128)


def test_without_mobile_sam_the_file_and_its_place_are_named(toy: Callable[..., Recipe]) -> None:
    with pytest.raises(TrainingError, match=r"stands on mobile-sam") as caught:
        make_network(toy(model=MOBILE))
    assert "mobile_sam.pt" in caught.value.remedy
    assert "napari-rsseg models get mobile-sam" in caught.value.remedy


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ({"family": "atl-light"}, "name it as base"),
        ({"family": "unet", "base": "landslide-starter"}, "leave base out"),
        ({**LIGHT, "initial": "file.safetensors"}, "no initial weights"),
    ],
)
def test_a_base_is_named_for_what_stands_on_one(
    toy: Callable[..., Recipe], model: dict[str, Any], reason: str
) -> None:
    with pytest.raises(TrainingError, match=reason):
        toy(model=model)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ({**LIGHT, "base": "cloud-starter"}, "cloud-starter segments cloud, the recipe landslide"),
        ({**MOBILE, "base": "landslide-starter"}, "stands on a whole model of family sam with encoder vit_t"),
        ({**LIGHT, "architecture": {"width": 32}}, "does not fit the recipe's network"),
    ],
)
def test_a_base_that_does_not_fit_is_refused(
    toy: Callable[..., Recipe], model: dict[str, Any], reason: str
) -> None:
    with pytest.raises(TrainingError, match=reason):
        make_network(toy(model=model))
