from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file

from napari_rsseg.errors import ModelError
from napari_rsseg.registry import (
    ModelFile,
    base_of,
    find_model,
    save_model,
    scan_models,
    sha256_of,
    whole_model,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue


@pytest.fixture
def delta(
    saved: ModelFile, user_folder: Path, card_values: dict[str, JsonValue], monkeypatch: pytest.MonkeyPatch
) -> ModelFile:
    """A model beside its base, from which it differs in one tensor and by its temperature."""
    monkeypatch.setenv("RSSEG_CACHE", str(user_folder.parent / "cache"))
    values = {**card_values, "name": "hills-delta", "base": saved.card.sha256, "temperature": 1.5}
    return save_model(user_folder, values, {"stem.weight": np.full((2, 3), 7, np.float16)})


def test_a_whole_model_stands_on_nothing_and_runs_as_it_is(saved: ModelFile) -> None:
    assert base_of(saved) is None
    assert whole_model(saved) is saved


def test_a_delta_runs_with_its_own_tensors_and_those_of_its_base(saved: ModelFile, delta: ModelFile) -> None:
    assert base_of(delta) == saved
    whole = whole_model(delta)
    tensors = load_file(whole.weights_path)
    assert set(tensors) == {"stem.weight", "bn.num_batches_tracked"}
    assert (tensors["stem.weight"] == 7).all()
    assert tensors["bn.num_batches_tracked"] == 7
    assert load_file(saved.weights_path)["stem.weight"].max() == 1  # the base is left alone


def test_the_joined_model_has_the_card_of_the_delta_and_names_it_as_parent(delta: ModelFile) -> None:
    whole = whole_model(delta)
    assert whole.card.name == "hills-delta"
    assert whole.card.temperature == 1.5
    assert whole.card.base is None
    assert whole.card.parent == delta.card.sha256
    assert whole.card.sha256 == sha256_of(whole.weights_path)


def test_it_is_joined_once_and_again_when_its_card_changes(
    delta: ModelFile, user_folder: Path, card_values: dict[str, JsonValue]
) -> None:
    first = whole_model(delta)
    written = first.weights_path.stat().st_mtime_ns
    assert whole_model(delta) == first
    assert first.weights_path.stat().st_mtime_ns == written
    values = {**card_values, "name": "hills-delta", "base": delta.card.base, "temperature": 2.0}
    changed = save_model(user_folder, values, load_file(delta.weights_path), overwrite=True)
    assert whole_model(changed).card.temperature == 2.0


def test_a_base_beside_the_delta_is_found_wherever_they_are(
    saved: ModelFile, delta: ModelFile, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(saved.card_path.parent, elsewhere)
    moved = find_model(str(elsewhere / "hills-delta.json"))
    base = base_of(moved)
    assert base is not None
    assert base.card.name == "hills-unet"


def test_a_delta_without_its_base_is_reported_and_not_offered(saved: ModelFile, delta: ModelFile) -> None:
    saved.card_path.unlink()
    said = f"hills-delta is a delta on a model with sha256 {saved.card.sha256}, which is not installed"
    scan = scan_models()
    assert delta not in scan.models
    (entry,) = scan.broken
    assert said in str(entry.error)
    for ask in (base_of, whole_model):
        with pytest.raises(ModelError, match=said):
            ask(delta)


def test_a_delta_on_a_delta_is_refused(
    delta: ModelFile, user_folder: Path, card_values: dict[str, JsonValue]
) -> None:
    values = {**card_values, "name": "hills-second", "base": delta.card.sha256}
    second = save_model(user_folder, values, {"w": np.zeros(1, np.float16)})
    with pytest.raises(ModelError, match="hills-second is a delta on hills-delta, which is a delta too"):
        whole_model(second)


def test_a_base_that_has_changed_is_not_joined(saved: ModelFile, delta: ModelFile) -> None:
    content = bytearray(saved.weights_path.read_bytes())
    content[-1] ^= 1
    saved.weights_path.write_bytes(bytes(content))
    with pytest.raises(ModelError, match="weights of hills-unet have changed"):
        whole_model(delta)
