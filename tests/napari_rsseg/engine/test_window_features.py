from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.engine import choose_segmenter
from napari_rsseg.engine.feature_task import CELLS, FeatureTask
from napari_rsseg.engine.window_features import pooled
from napari_rsseg.errors import EngineError
from napari_rsseg.scenes import Window, open_scene

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.engine import Engine


def test_maps_of_several_levels_are_brought_to_the_cells_of_a_window() -> None:
    fine = np.zeros((2, 32, 32), dtype=np.float32)
    fine[0, :16, 16:] = 1
    coarse = np.full((3, 4, 4), 5, dtype=np.float32)
    found = pooled([fine, coarse], (2, 2))
    assert found.shape == (4, 5)
    assert found[:, 0].tolist() == [0, 1, 0, 0]
    assert (found[:, 2:] == 5).all()


def test_the_engine_looks_at_windows_of_a_scene(engine: Engine, scene_path: Path) -> None:
    scene = open_scene(scene_path)
    windows = (Window(0, 64, 0, 64), Window(64, 128, 32, 96), Window(0, 64, 0, 64))
    task = FeatureTask(scene.reference, scene.fingerprint, windows, choose_segmenter(name="classical"))
    scene.close()
    found = engine.window_features(task)
    assert found.shape[:2] == (3, CELLS * CELLS)
    assert found.dtype == np.float16
    np.testing.assert_array_equal(found[0], found[2])
    assert np.abs(found[0].astype(float) - found[1]).max() > 0.01


def test_a_scene_that_the_worker_cannot_open_is_named(engine: Engine, scene_path: Path) -> None:
    scene = open_scene(scene_path)
    task = FeatureTask(
        scene.reference, scene.fingerprint, (Window(0, 64, 0, 64),), choose_segmenter(name="classical")
    )
    scene.close()
    with pytest.raises(EngineError, match=r"cannot read scene gone\.tif"):
        engine.window_features(replace(task, scene=replace(task.scene, uri="gone.tif")))
