from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from safetensors.numpy import load_file

from napari_rsseg.errors import ModelError, OutputError
from napari_rsseg.registry import ModelFile, save_model, sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

TENSORS: dict[str, npt.NDArray[np.generic]] = {"w": np.ones((2, 2), np.float16)}


def test_weights_come_back_as_they_were_given(saved: ModelFile) -> None:
    tensors = load_file(saved.weights_path)
    assert tensors["stem.weight"].dtype == np.float16
    assert tensors["bn.num_batches_tracked"].shape == ()
    assert saved.card.sha256 == sha256_of(saved.weights_path)


def test_a_model_is_not_overwritten_unless_allowed(
    saved: ModelFile, user_folder: Path, card_values: dict[str, JsonValue]
) -> None:
    before = saved.weights_path.read_bytes()
    with pytest.raises(OutputError, match="exists"):
        save_model(user_folder, card_values, TENSORS)
    assert saved.weights_path.read_bytes() == before
    replaced = save_model(user_folder, card_values, TENSORS, overwrite=True)
    assert replaced.card.sha256 == sha256_of(saved.weights_path) != saved.card.sha256
    assert {path.name for path in user_folder.iterdir()} == {"hills-unet.json", "hills-unet.safetensors"}


@pytest.mark.parametrize(
    ("changes", "tensors", "reason"),
    [
        ({"title": None}, TENSORS, "title"),
        ({"name": "../up"}, TENSORS, "name"),
        ({}, {}, "no weights"),
        ({}, {"w": np.array([1.0, np.inf], np.float16)}, "NaN or infinity in 1 tensors, first w"),
    ],
    ids=["bad card", "a name that leaves the folder", "no weights", "infinite weights"],
)
def test_what_is_not_valid_leaves_no_file(
    tmp_path: Path,
    card_values: dict[str, JsonValue],
    changes: dict[str, JsonValue],
    tensors: dict[str, npt.NDArray[np.generic]],
    reason: str,
) -> None:
    with pytest.raises(ModelError, match=reason):
        save_model(tmp_path / "models", {**card_values, **changes}, tensors)
    assert not (tmp_path / "models").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, card_values: dict[str, JsonValue]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be written to"):
        save_model(tmp_path / "file" / "models", card_values, TENSORS)


def test_a_full_disk_leaves_no_half_model(
    tmp_path: Path, card_values: dict[str, JsonValue], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        save_model(tmp_path / "models", card_values, TENSORS)
    assert list((tmp_path / "models").iterdir()) == []
