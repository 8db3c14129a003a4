"""A viewer shows a project as one left it."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.viewer.opening import add_picture, prepare_picture
from napari_rsseg.viewer.project_view import camera_of, clear_scenes, place_camera


def test_the_camera_comes_back() -> None:
    viewer = ViewerModel()
    viewer.add_image(np.zeros((100, 100)))
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0.0, 12.5, 30.0), 4.5
    kept = camera_of(viewer)
    viewer.reset_view()
    place_camera(viewer, kept)
    assert camera_of(viewer) == kept == {"centre": [0.0, 12.5, 30.0], "zoom": 4.5}


@pytest.mark.parametrize("kept", [None, 3, {}, {"centre": [1.0, 2.0, 3.0], "zoom": -1}, {"zoom": 2.0}])
def test_what_is_no_camera_moves_nothing(kept: object) -> None:
    viewer = ViewerModel()
    before = camera_of(viewer)
    place_camera(viewer, kept)  # type: ignore[arg-type]  # the file may hold anything
    assert camera_of(viewer) == before


def test_layers_of_others_stay_when_scenes_go() -> None:
    viewer = ViewerModel()
    viewer.add_points([[1.0, 2.0]], name="mine")
    add_picture(viewer, prepare_picture(SyntheticScene((64, 64), 0), "true-colour"))
    clear_scenes(viewer)
    assert [layer.name for layer in viewer.layers] == ["mine"]
