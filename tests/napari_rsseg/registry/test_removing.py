from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.errors import ModelError
from napari_rsseg.registry import ModelFile, default_model, remove_model, save_model, scan_models, set_default

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

WEIGHTS = {"w": np.zeros(1, np.float32)}


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))


def test_both_files_go_and_the_starter_takes_the_place(saved: ModelFile) -> None:
    set_default("landslide", saved.card.name)
    assert remove_model(saved.card.name) == (saved.card_path, saved.weights_path)
    assert not list(saved.card_path.parent.iterdir())
    assert default_model("landslide").card.name == "landslide-starter"
    with pytest.raises(ModelError, match="no model 'hills-unet' to remove"):
        remove_model(saved.card.name)


def test_what_comes_with_the_package_stays(user_folder: Path) -> None:
    with pytest.raises(ModelError, match="cloud-starter comes with the package"):
        remove_model("cloud-starter")
    assert default_model("cloud").weights_path.is_file()


def test_the_last_model_of_a_built_in_task_stays(
    saved: ModelFile, card_values: dict[str, JsonValue], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for module in ("sources", "removing"):
        monkeypatch.setattr(f"napari_rsseg.registry.{module}.starters_folder", lambda: tmp_path / "none")
    with pytest.raises(ModelError, match="hills-unet is the last model that segments landslide"):
        remove_model("hills-unet")
    save_model(saved.card_path.parent, {**card_values, "name": "second"}, WEIGHTS)
    remove_model("hills-unet")


def test_a_base_stays_while_a_delta_stands_on_it(saved: ModelFile, card_values: dict[str, JsonValue]) -> None:
    folder = saved.card_path.parent
    save_model(folder, {**card_values, "name": "hills-fine", "base": saved.card.sha256}, WEIGHTS)
    with pytest.raises(ModelError, match="hills-unet is the base on which hills-fine stands") as caught:
        remove_model("hills-unet")
    assert caught.value.remedy == "Remove what stands on it first."
    remove_model("hills-fine")
    remove_model("hills-unet")


def test_a_model_with_a_broken_card_can_be_removed(saved: ModelFile) -> None:
    saved.card_path.write_text("{", encoding="utf-8")
    assert len(remove_model("hills-unet")) == 2
    assert not scan_models().broken
