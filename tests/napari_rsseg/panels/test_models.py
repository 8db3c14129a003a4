from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_rsseg.classes.scheme import LANDSLIDE, ClassDefinition, Scheme
from napari_rsseg.panels.model_import import ModelImport
from napari_rsseg.panels.models import ModelsPanel
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.registry import save_model
from napari_rsseg.registry.sources import default_model, scan_models

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

    from napari_rsseg.registry import ModelFile

WAIT_S = 120
WETLAND = Scheme(
    name="wetland",
    classes=(ClassDefinition(name="other", colour="#999999"), ClassDefinition(name="reed", colour="#e69f00")),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RSSEG_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))
    return tmp_path / "models"


@pytest.fixture
def panel(stand_in: Any, folder: Path, tmp_path: Path) -> ModelsPanel:
    segment = SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions")
    made = ModelsPanel(segment, ModelImport(segment))
    made.read()
    return made


def install(folder: Path, name: str, scheme: Scheme = LANDSLIDE) -> ModelFile:
    """Put a model of one tensor into a folder."""
    values: dict[str, JsonValue] = {
        "name": name,
        "title": f"Title of {name}",
        "family": "unet",
        "architecture": {"classes": 2, "bands": 3},
        "scheme": scheme.model_dump(mode="json"),
        "bands": ["red", "green", "blue"],
        "input_values": {"expects": "display", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
        "tile_px": 256,
        "licence": "Apache-2.0",
    }
    return save_model(folder, values, {"stem.weight": np.ones((2, 3), np.float16)})


def wait(panel: ModelsPanel) -> None:
    end = time.monotonic() + WAIT_S
    while panel.activity:
        assert time.monotonic() < end, panel.activity
        time.sleep(0.01)


def choose(panel: ModelsPanel, name: str) -> None:
    panel.choose(next(row.key for row in panel.rows if row.name == name))


def test_all_models_are_listed_and_the_first_choice_of_each_task_is_marked(panel: ModelsPanel) -> None:
    states = {row.name: row.state for row in panel.rows}
    assert states["grass-starter"] == "installed"
    assert states["ktda-grass"] == "missing"
    assert {row.name for row in panel.rows if row.is_default} == {
        f"{task}-starter" for task in ("grass", "cloud", "landslide")
    }


def test_a_whole_model_and_a_changed_one_are_told_apart(panel: ModelsPanel, folder: Path) -> None:
    model = install(folder, "hills")
    panel.read("hills")
    panel.check()
    wait(panel)
    assert panel.message == "hills is whole: the weights are those of the card."
    model.weights_path.write_bytes(model.weights_path.read_bytes()[:-1] + b"x")
    panel.check_all()
    wait(panel)
    assert "weights of hills have changed" in panel.message
    assert panel.done == panel.total > 0


def test_a_model_set_as_default_is_what_its_task_begins_with(panel: ModelsPanel, folder: Path) -> None:
    install(folder, "hills")
    panel.read("hills")
    assert panel.can_set_default
    panel.set_default()
    wait(panel)
    assert default_model("landslide").card.name == "hills"
    assert not panel.can_set_default
    assert panel.segment.models[0].name == "hills"
    assert "Landslides" in panel.message


def test_removal_is_asked_about_first(panel: ModelsPanel, folder: Path) -> None:
    model = install(folder, "hills")
    panel.read("hills")
    panel.remove()
    assert panel.question is not None
    assert str(model.weights_path) in panel.question.text
    panel.answer("keep")
    assert model.weights_path.is_file()
    panel.remove()
    panel.answer("remove")
    wait(panel)
    assert not list(folder.iterdir())
    assert "hills" not in [row.name for row in panel.rows]
    assert "hills" not in [choice.name for choice in panel.segment.models]


def test_what_has_to_stay_is_refused_before_anything_is_asked(
    panel: ModelsPanel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(folder, "hills")
    panel.read("hills")
    for module in ("sources", "removing"):
        monkeypatch.setattr(f"napari_rsseg.registry.{module}.starters_folder", lambda: folder / "none")
    panel.remove()
    assert panel.question is None
    assert "hills is the last model that segments landslide" in panel.message


def test_a_starter_cannot_be_removed(panel: ModelsPanel) -> None:
    choose(panel, "cloud-starter")
    assert not panel.can_remove
    panel.remove()
    assert panel.question is None


def test_the_classes_of_an_installed_model_become_a_task(panel: ModelsPanel, folder: Path) -> None:
    assert "wetland" not in panel.segment.tasks
    install(folder, "reeds", WETLAND)
    panel.read()
    assert "wetland" in panel.segment.tasks
    panel.segment.choose_task("wetland")
    assert panel.segment.model_name == "reeds"


def test_an_imported_model_is_chosen_in_both_lists(panel: ModelsPanel, tmp_path: Path) -> None:
    install(tmp_path / "elsewhere", "reeds", WETLAND)
    panel.imports.take(tmp_path / "elsewhere" / "reeds.safetensors")
    end = time.monotonic() + WAIT_S
    while panel.row is None or panel.row.name != "reeds":
        assert time.monotonic() < end, panel.message
        time.sleep(0.01)
    assert (panel.segment.task, panel.segment.model_name) == ("wetland", "reeds")


def test_the_page_of_a_card_is_readable_text(panel: ModelsPanel) -> None:
    choose(panel, "grass-starter")
    assert panel.page.startswith("## grass-starter")
    choose(panel, "ktda-grass")
    assert panel.page == ""


def test_a_second_command_waits_for_the_first(panel: ModelsPanel) -> None:
    choose(panel, "grass-starter")
    panel.activity = "Downloading something …"
    panel.check()
    assert "Wait for its end or cancel it" in panel.message


def test_a_download_that_cannot_reach_its_server_says_where_to_put_the_file(
    panel: ModelsPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")  # nobody listens there
    choose(panel, "mobile-sam")
    assert panel.can_download
    panel.download()
    wait(panel)
    assert "mobile_sam.pt" in panel.message
    assert "models get mobile-sam" in panel.message


def test_a_file_that_was_put_there_by_hand_and_is_another_one_is_refused(panel: ModelsPanel) -> None:
    choose(panel, "mobile-sam")
    row = panel.row
    assert row is not None
    assert row.download is not None
    row.download.path.parent.mkdir(parents=True, exist_ok=True)
    row.download.path.write_bytes(json.dumps({"no": "weights"}).encode())
    try:
        panel.download()
        wait(panel)
    finally:
        row.download.path.unlink()
    assert "sha256" in panel.message
    assert "mobile-sam" not in [model.card.name for model in scan_models().models]
