from __future__ import annotations

from typing import Any

import pytest
from napari.components import ViewerModel

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.viewer.opening import add_picture, prepare_picture, prepare_scene, title_of
from napari_rsseg.viewer.world import layer_of_plugin


def test_a_scene_opens_with_its_first_picture() -> None:
    viewer = ViewerModel()
    layer = add_picture(viewer, prepare_scene("synthetic:size=64,seed=0"))
    known = layer_of_plugin(layer)
    assert known is not None
    assert (known.role, layer.name) == ("picture", "synthetic scene")


def test_another_picture_says_what_it_is(synthetic: SyntheticScene) -> None:
    viewer = ViewerModel()
    add_picture(viewer, prepare_picture(synthetic, "true-colour"))
    assert add_picture(viewer, prepare_picture(synthetic, "ndvi")).name == "synthetic scene · NDVI"


def test_pictures_lie_below_labels(synthetic: SyntheticScene) -> None:
    import numpy as np

    viewer = ViewerModel()
    add_picture(viewer, prepare_picture(synthetic, "true-colour"))
    viewer.add_labels(np.zeros((4, 4), np.uint8), name="labels of others")
    add_picture(viewer, prepare_picture(synthetic, "ndvi"))
    assert viewer.layers[-1].name == "labels of others"


def test_a_scene_elsewhere_is_refused_and_nothing_is_added(synthetic: SyntheticScene, plain: Any) -> None:
    viewer = ViewerModel()
    add_picture(viewer, prepare_picture(synthetic, "true-colour"))
    with pytest.raises(SceneError, match="different reference systems"):
        add_picture(viewer, prepare_picture(plain, "true-colour"))
    assert len(viewer.layers) == 1


def test_a_scene_is_called_by_its_file() -> None:
    class Named(SyntheticScene):
        @property
        def uri(self) -> str:
            return "/data/föhr 2024.tif"

    assert title_of(Named(64, 0)) == "föhr 2024"
