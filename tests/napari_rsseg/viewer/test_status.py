from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image

from napari_rsseg.viewer.layers import ROLE_KEY
from napari_rsseg.viewer.status import describe_place, tell_places
from napari_rsseg.viewer.world import SceneLayer, World

if TYPE_CHECKING:
    from napari_rsseg.scenes.synthetic import SyntheticScene


def test_the_place_under_the_pointer_is_told_in_pixels_map_and_degrees(synthetic: SyntheticScene) -> None:
    text = describe_place(synthetic, 10.2, 20.4)
    assert "row 10, column 20" in text
    assert "x 3292" in text
    assert "lon 12.68" in text
    assert "lat 48.60" in text


def test_without_a_place_on_the_map_only_pixels_are_told(plain: Any) -> None:
    assert describe_place(plain, 0, 0) == "row 0, column 0"


def test_the_status_of_a_layer_tells_the_place_once(synthetic: SyntheticScene) -> None:
    world = World(synthetic.georeference)
    layer = Image(
        np.zeros((256, 256, 4), np.uint8),
        rgb=True,
        metadata={ROLE_KEY: SceneLayer(synthetic, "picture", world)},
        **world.placement(synthetic),
    )
    tell_places(layer)
    tell_places(layer)
    options: dict[str, Any] = {"view_direction": None, "dims_displayed": [0, 1], "world": True}
    status = layer.get_status(layer.data_to_world((7, 9)), **options)
    assert status["coordinates"].count("row 7, column 9") == 1
    assert "lon" in status["coords"]


def test_layers_of_others_keep_their_words() -> None:
    layer = Image(np.zeros((4, 4)))
    before = layer.get_status((1, 1), world=True)
    tell_places(layer)
    assert layer.get_status((1, 1), world=True) == before
