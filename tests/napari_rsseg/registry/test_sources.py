from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.errors import ModelError
from napari_rsseg.registry import (
    PUBLISHED_MODELS,
    ModelFile,
    check_model,
    default_model,
    find_model,
    models_of_task,
    save_model,
    scan_models,
    starters_folder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import JsonValue


def test_a_stored_model_is_found_by_name_and_by_either_path(saved: ModelFile) -> None:
    for key in (saved.card.name, str(saved.card_path), str(saved.weights_path)):
        assert find_model(key) == saved


def test_a_model_in_a_further_place_is_found(
    tmp_path: Path, user_folder: Path, card_values: dict[str, JsonValue]
) -> None:
    model = save_model(tmp_path / "elsewhere", card_values, {"w": np.zeros(1, np.float32)})
    assert find_model("hills-unet", [tmp_path / "elsewhere"]) == model
    assert find_model("hills-unet", [model.card_path]) == model
    with pytest.raises(ModelError, match="no model 'hills-unet'"):
        find_model("hills-unet")


def test_a_broken_card_hides_no_other_and_is_reported(saved: ModelFile) -> None:
    folder = saved.card_path.parent
    (folder / "broken.json").write_text("{}", encoding="utf-8")
    saved.card_path.with_name("other.json").write_text(saved.card_path.read_text(encoding="utf-8"), "utf-8")
    scan = scan_models()
    assert saved in scan.models
    reasons = {entry.path.name: str(entry.error) for entry in scan.broken}
    assert "not a model card" in reasons["broken.json"]
    assert "card of 'hills-unet'" in reasons["other.json"]
    with pytest.raises(ModelError, match="not a model card"):
        find_model("broken")


def test_a_place_that_does_not_exist_is_reported(tmp_path: Path, user_folder: Path) -> None:
    (entry,) = scan_models([tmp_path / "nowhere"]).broken
    assert "nowhere" in str(entry.error)


def test_a_folder_that_may_not_be_listed_is_reported_and_hides_no_other(
    saved: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pathlib import Path as AnyPath

    closed = tmp_path / "closed"
    closed.mkdir()
    listed = AnyPath.iterdir

    def iterdir(path: Path) -> Iterator[Path]:
        if path == closed:  # root may list any folder
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(AnyPath, "iterdir", iterdir)
    scan = scan_models([closed])
    assert saved in scan.models
    (entry,) = scan.broken
    assert str(entry.error) == f"{closed} cannot be listed (Permission denied). Check its permissions."


def test_missing_weights_are_named_with_their_digest(saved: ModelFile) -> None:
    saved.weights_path.unlink()
    with pytest.raises(ModelError, match=rf"weights of hills-unet are missing .*{saved.card.sha256}"):
        find_model("hills-unet")


def test_empty_weights_are_refused(saved: ModelFile) -> None:
    saved.weights_path.write_bytes(b"")
    with pytest.raises(ModelError, match="are empty"):
        find_model(str(saved.card_path))


def test_changed_weights_are_noticed(saved: ModelFile) -> None:
    check_model(saved)
    content = bytearray(saved.weights_path.read_bytes())
    content[-1] ^= 1
    saved.weights_path.write_bytes(bytes(content))
    with pytest.raises(ModelError, match="have changed"):
        check_model(saved)
    saved.weights_path.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        check_model(saved)


def test_of_two_models_with_one_name_the_first_stands(saved: ModelFile, tmp_path: Path) -> None:
    shutil.copytree(saved.card_path.parent, tmp_path / "copy")
    scan = scan_models([tmp_path / "copy", saved.card_path])
    assert [model for model in scan.models if model.card.name == "hills-unet"] == [saved]
    (entry,) = scan.broken
    assert "has the name of" in str(entry.error)


def test_an_unknown_name_is_answered_with_the_nearest(saved: ModelFile) -> None:
    with pytest.raises(ModelError, match="Did you mean hills-unet"):
        find_model("hill-unet")


def test_a_published_model_without_weights_says_where_to_get_them(user_folder: Path) -> None:
    for model in PUBLISHED_MODELS:
        with pytest.raises(ModelError) as caught:
            find_model(model.name)
        assert model.origin in caught.value.remedy
        assert str(user_folder) in str(caught.value)


def test_a_file_of_another_kind_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "scene.tif"
    path.write_bytes(b"II*\0")
    with pytest.raises(ModelError, match="neither a model card"):
        find_model(str(path))


def test_weights_without_a_card_are_refused(saved: ModelFile) -> None:
    saved.card_path.unlink()
    with pytest.raises(ModelError, match="has no card"):
        find_model(str(saved.weights_path))


def test_the_starter_of_a_task_goes_before_other_models(
    user_folder: Path, saved: ModelFile, card_values: dict[str, JsonValue], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_rsseg.registry.sources.starters_folder", lambda: user_folder / "none")
    assert default_model("landslide") == saved
    starter = save_model(
        user_folder, {**card_values, "name": "landslide-starter"}, {"w": np.zeros(1, np.float16)}
    )
    assert default_model("landslide") == starter
    assert models_of_task("landslide") == (saved, starter)
    with pytest.raises(ModelError, match="No installed model segments cloud"):
        default_model("cloud")


def test_every_starter_is_whole(user_folder: Path) -> None:
    scan = scan_models()
    assert not scan.broken
    for model in scan.models:
        assert model.card_path.parent == starters_folder()
        check_model(model)
