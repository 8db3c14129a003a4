from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from safetensors.torch import load_file, save_file

from napari_rsseg.errors import TrainingError
from napari_rsseg.models import build
from napari_rsseg.models.layers.timm_parts import create_model
from napari_rsseg.registry.card_file import read_card
from napari_rsseg.registry.digest import sha256_of
from napari_rsseg.settings import data_folder
from rsseg_training.recipes import read_recipe
from rsseg_training.run.folder import RunFolder
from rsseg_training.run.installing import install_run
from rsseg_training.run.training import train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import torch

    from rsseg_training.recipes import Recipe

pytestmark = pytest.mark.skipif(
    not data_folder().exists(), reason="the labelled sets (RSSEG_DATA) are not here"
)


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where teachers are looked for, empty at first."""
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "weights"
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("RSSEG_WEIGHTS", str(folder))
    return folder


@pytest.fixture
def light(toy: Callable[..., Recipe]) -> Recipe:
    """A small KTDA-light that would learn from a teacher."""
    return toy(
        model={"family": "ktda-light", "architecture": {"width": 16, "blocks": 1}},
        loop={"steps": 2, "batch": 2, "crop_px": 64},
        calibration=[],
        transfer={"teacher": "auto", "weight": 0.5},
    )


@pytest.fixture
def vit_file(weights: Path, filled: Callable[..., dict[str, torch.Tensor]]) -> Path:
    """A small vision transformer, stored in half precision."""
    path = weights / "vit_tiny_patch16_224.safetensors"
    network = create_model("vit_tiny_patch16_224", pretrained=False, num_classes=0)
    save_file({key: value.half().contiguous() for key, value in filled(network).items()}, path)
    return path


@pytest.mark.parametrize("teacher_file", ["vit_file", "mobile_sam_file"])
def test_a_teacher_that_is_found_is_used_frozen_and_named_everywhere(
    tmp_path: Path, light: Recipe, teacher_file: str, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(teacher_file)
    digest = sha256_of(path)
    folder = RunFolder(tmp_path / "run")
    assert train(light, folder) == "done"

    assert sha256_of(path) == digest
    steps = [event for event in folder.events() if event["kind"] == "step"]
    assert steps[-1]["losses"]["transfer"] > 0
    said = f"Knowledge was transferred from {path.name} (sha256 {digest})."
    assert said in [event.get("text") for event in folder.events()]
    assert folder.recipe_path.read_text(encoding="utf-8").startswith(f"# {said}\n")
    assert read_recipe(str(folder.recipe_path)) == light
    environment = json.loads((folder.path / "environment.json").read_text(encoding="utf-8"))
    assert environment["teacher"] == {"file": path.name, "sha256": digest}
    card = read_card(folder.path / "best.json")
    assert card.notes == said
    build(card.family, card.architecture).load_state_dict(load_file(folder.path / "best.safetensors"))
    assert install_run(light, folder, tmp_path / "models").card.notes == said


def test_without_a_teacher_recipe_log_and_card_say_that_the_terms_are_off(
    tmp_path: Path, light: Recipe
) -> None:
    folder = RunFolder(tmp_path / "run")
    train(light, folder)
    train(light, folder)  # which is done, and stays as it is
    said = "No teacher was found when it was trained: the knowledge-transfer terms were off."
    assert said in [event.get("text") for event in folder.events()]
    assert folder.recipe_path.read_text(encoding="utf-8").startswith(f"# {said}\n")
    assert read_card(folder.path / "best.json").notes == said
    steps = [event for event in folder.events() if event["kind"] == "step"]
    assert not [event for event in steps if "transfer" in event["losses"]]


def test_a_recipe_that_wants_no_teacher_has_none(tmp_path: Path, light: Recipe, vit_file: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    options = light.transfer.model_copy(update={"teacher": "none"})
    train(light.model_copy(update={"transfer": options}), folder)
    card = read_card(folder.path / "best.json")
    assert card.notes == "Its recipe asks for no teacher: the knowledge-transfer terms were off."


def test_a_network_that_learns_from_no_teacher_says_nothing_of_one(
    tmp_path: Path, toy: Callable[..., Recipe], vit_file: Path
) -> None:
    folder = RunFolder(tmp_path / "run")
    train(toy(transfer={"teacher": "auto"}), folder)
    assert not read_card(folder.path / "best.json").notes
    assert not [event for event in folder.events() if event["kind"] == "note"]


def test_a_run_does_not_go_on_with_another_teacher(tmp_path: Path, light: Recipe, vit_file: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    train(light, folder)
    (folder.path / "state.json").unlink()  # as if it had been stopped
    vit_file.unlink()
    with pytest.raises(TrainingError, match=r"began with the teacher vit_tiny_patch16_224.* with no teacher"):
        train(light, folder)
    assert folder.state() == "failed"
