from __future__ import annotations

from dataclasses import replace

import numpy as np
from napari.components import ViewerModel

from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.viewer.exchanging import exchange, prepare_exchange, shown_pictures
from napari_rsseg.viewer.opening import add_picture, prepare_picture
from napari_rsseg.viewer.world import layer_of_plugin


def test_all_layers_of_the_old_scene_show_the_new_one() -> None:
    viewer, old, new = ViewerModel(), SyntheticScene(64, 0), SyntheticScene(64, 1)
    layers = [add_picture(viewer, prepare_picture(old, name)) for name in ("true-colour", "ndvi")]
    before = [np.asarray(layer.data[0]).copy() for layer in layers]
    assert set(shown_pictures(viewer.layers, old)) == {"true-colour", "ndvi"}
    exchange(viewer.layers, prepare_exchange(old, new, ("true-colour", "ndvi")))
    assert [layer.name for layer in layers] == ["synthetic scene", "synthetic scene · NDVI"]
    for layer, numbers in zip(layers, before, strict=True):
        known = layer_of_plugin(layer)
        assert known is not None
        assert known.scene is new
        assert (np.asarray(layer.data[0]) != numbers).any()


def test_layers_of_other_scenes_stay_as_they_are() -> None:
    viewer, old, other = ViewerModel(), SyntheticScene(64, 0), SyntheticScene(64, 2)
    layer = add_picture(viewer, prepare_picture(other, "true-colour"))
    known = layer_of_plugin(layer)
    exchange(viewer.layers, prepare_exchange(old, replace(old), ()))
    assert layer_of_plugin(layer) is known
