from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.layers import Image

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.scene import Georeference
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.viewer.layers import ROLE_KEY
from napari_rsseg.viewer.world import SceneLayer, World, world_of


def _picture(scene: Any, world: World) -> Image:
    return Image(
        np.zeros((scene.height, scene.width, 4), np.uint8),
        rgb=True,
        metadata={ROLE_KEY: SceneLayer(scene, "picture", world)},
        **world.placement(scene),
    )


def test_the_first_scene_starts_near_zero_in_metres(synthetic: SyntheticScene) -> None:
    layer = _picture(synthetic, World(synthetic.georeference))
    assert np.allclose(layer.data_to_world((0, 0)), (5, 5))
    assert np.allclose(layer.data_to_world((100, 200)), (1005, 2005))
    assert str(layer.units[0]) == "meter"


def test_a_second_scene_lies_where_the_map_says(synthetic: SyntheticScene) -> None:
    world = World(synthetic.georeference)
    a, b, c, d, e, f = synthetic.georeference.affine
    east = Georeference(synthetic.georeference.crs_wkt, (a, b, c + 256 * a, d, e, f))

    class Neighbour(SyntheticScene):
        @property
        def georeference(self) -> Georeference:
            return east

    layer = _picture(Neighbour(256, 0), world)
    assert np.allclose(layer.data_to_world((0, 0)), (5, 2565))


def test_scenes_of_different_reference_systems_are_refused_in_words(
    synthetic: SyntheticScene, plain: Any
) -> None:
    shown = [_picture(synthetic, World(synthetic.georeference))]
    with pytest.raises(SceneError, match="different reference systems"):
        world_of(shown, plain)


def test_a_scene_without_a_place_is_shown_in_pixels(plain: Any) -> None:
    layer = _picture(plain, world_of([], plain))
    assert str(layer.units[0]) == "pixel"
    assert np.allclose(layer.data_to_world((3, 4)), (3, 4))


def test_layers_of_others_found_no_world(synthetic: SyntheticScene) -> None:
    assert world_of([Image(np.zeros((4, 4)))], synthetic).georeference == synthetic.georeference
