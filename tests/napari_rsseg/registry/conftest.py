from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.registry import ModelFile, save_model

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue


@pytest.fixture
def card_values() -> dict[str, JsonValue]:
    return {
        "name": "hills-unet",
        "title": "Landslides on hills",
        "family": "unet",
        "architecture": {"classes": 2, "bands": 3},
        "scheme": LANDSLIDE.model_dump(mode="json"),
        "bands": ["red", "green", "blue"],
        "input_values": {"expects": "display", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
        "tile_px": 256,
        "gsd_min_m": 0.5,
        "gsd_max_m": 10.0,
        "licence": "Apache-2.0",
    }


@pytest.fixture
def user_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own models"
    monkeypatch.setenv("RSSEG_MODELS", str(folder))
    return folder


@pytest.fixture
def saved(user_folder: Path, card_values: dict[str, JsonValue]) -> ModelFile:
    tensors = {"stem.weight": np.ones((2, 3), np.float16), "bn.num_batches_tracked": np.array(7)}
    return save_model(user_folder, card_values, tensors)
