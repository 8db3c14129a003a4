from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.errors import ModelError, SettingsError
from napari_rsseg.registry import ModelFile, default_model, save_model, set_default, unset_default
from napari_rsseg.registry.choices import choices_file, chosen_models

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))


def test_the_model_that_was_chosen_goes_before_the_starter(saved: ModelFile) -> None:
    assert default_model("landslide").card.name == "landslide-starter"
    assert set_default("landslide", "hills-unet") == saved
    assert default_model("landslide") == saved
    assert default_model("cloud").card.name == "cloud-starter"
    assert unset_default("landslide").card.name == "landslide-starter"
    assert chosen_models() == {}


def test_a_model_of_another_task_is_refused(saved: ModelFile) -> None:
    with pytest.raises(ModelError, match="hills-unet segments landslide, not cloud"):
        set_default("cloud", "hills-unet")
    with pytest.raises(ModelError, match="no model 'hills'"):
        set_default("landslide", "hills")
    assert not choices_file().exists()


def test_what_answers_prompts_is_chosen_like_a_model_of_a_task(
    saved: ModelFile, card_values: dict[str, JsonValue]
) -> None:
    with pytest.raises(ModelError, match="No installed model segments prompts"):
        default_model("prompts")
    for name in ("sam-one", "sam-two"):
        values = {**card_values, "name": name, "family": "sam", "scheme": None}
        save_model(saved.card_path.parent, values, {"w": np.zeros(1, np.float32)})
    assert default_model("prompts").card.name == "sam-one"
    set_default("prompts", "sam-two")
    assert default_model("prompts").card.name == "sam-two"
    assert unset_default("prompts").card.name == "sam-one"
    with pytest.raises(ModelError, match="hills-unet segments landslide, not prompts"):
        set_default("prompts", "hills-unet")
    with pytest.raises(ModelError, match="sam-one segments nothing by itself, not landslide"):
        set_default("landslide", "sam-one")


def test_a_choice_that_is_not_installed_any_more_gives_way_to_the_starter(saved: ModelFile) -> None:
    set_default("landslide", "hills-unet")
    saved.card_path.unlink()
    assert default_model("landslide").card.name == "landslide-starter"


@pytest.mark.parametrize("text", ["{", "[1]", '{"landslide": 7}', "\udcff"])
def test_a_file_of_choices_that_is_damaged_is_left_aside(saved: ModelFile, text: str) -> None:
    choices_file().parent.mkdir(parents=True)
    choices_file().write_bytes(text.encode("utf-8", "surrogateescape"))
    assert default_model("landslide").card.name == "landslide-starter"
    set_default("landslide", "hills-unet")
    assert default_model("landslide") == saved


def test_a_settings_folder_that_cannot_be_written_is_named(saved: ModelFile, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file", encoding="utf-8")
    with pytest.raises(SettingsError, match="choice of a model cannot be remembered") as caught:
        set_default("landslide", "hills-unet")
    assert "RSSEG_CONFIG" in caught.value.remedy
