from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from napari_rsseg.panels.model_choices import model_choices
from napari_rsseg.registry.sources import default_model, starters_folder
from napari_rsseg.scenes.scene import Band
from napari_rsseg.scenes.synthetic import SyntheticScene

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class InfraredScene(SyntheticScene):
    """A scene without colours."""

    @property
    def bands(self) -> tuple[Band, ...]:
        return (Band("B08", "nir", "uint16"),)


@pytest.mark.parametrize("task", ["landslide", "cloud", "grass"])
def test_the_starter_of_a_task_comes_first_and_is_ready(task: str) -> None:
    first = model_choices(task, SyntheticScene(256, 0))[0]
    assert (first.name, first.state) == (f"{task}-starter", "ready")
    assert first.model == default_model(task)


def test_a_model_whose_bands_are_missing_says_which() -> None:
    choice = model_choices("cloud", InfraredScene(256, 0))[0]
    assert choice.state == "unfit"
    assert "red" in choice.reason
    assert "nir" in choice.reason


@pytest.mark.parametrize(("task", "name"), [("grass", "ktda-grass"), ("landslide", "translandseg-bijie")])
def test_published_models_without_weights_say_where_to_get_them(task: str, name: str) -> None:
    choice = next(choice for choice in model_choices(task, None) if choice.name == name)
    assert choice.state == "missing"
    assert "https://" in choice.reason
    assert "import" in choice.reason


def test_a_damaged_card_is_listed_with_its_error(tmp_path: Path) -> None:
    (tmp_path / "torn.json").write_text('{"name": ')
    choice = next(choice for choice in model_choices("cloud", None, [tmp_path]) if choice.name == "torn")
    assert choice.state == "broken"
    assert str(tmp_path / "torn.json") in choice.reason


def test_a_model_of_the_user_is_listed_beside_the_starter(tmp_path: Path) -> None:
    for suffix in (".json", ".safetensors"):
        shutil.copy(starters_folder() / f"cloud-starter{suffix}", tmp_path / f"mine{suffix}")
    card = tmp_path / "mine.json"
    card.write_text(card.read_text().replace('"cloud-starter"', '"mine"'))
    names = [choice.name for choice in model_choices("cloud", None, [card]) if choice.state == "ready"]
    assert names == ["cloud-starter", "mine"]
