from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from napari.components import ViewerModel

from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.layers import ROLE_KEY
from napari_rsseg.viewer.region import draw_rectangle, visible_window, window_around
from napari_rsseg.viewer.world import SceneLayer, World

if TYPE_CHECKING:
    from napari.layers import Image

    from napari_rsseg.scenes.synthetic import SyntheticScene


def _picture(viewer: ViewerModel, scene: SyntheticScene) -> tuple[Image, SceneLayer]:
    known = SceneLayer(scene, "picture", World(scene.georeference))
    layer = viewer.add_image(
        np.zeros((256, 256, 4), np.uint8),
        rgb=True,
        metadata={ROLE_KEY: known},
        **known.world.placement(scene),
    )
    return layer, known


def test_points_span_the_pixels_they_touch() -> None:
    assert window_around(np.asarray([[-0.5, -0.5], [9.5, 4.5]])) == Window(0, 10, 0, 5)
    assert window_around(np.asarray([[1.0, 1.0], [1.2, 1.4]])) == Window(1, 2, 1, 2)


def test_points_at_infinity_span_nothing() -> None:
    assert window_around(np.asarray([[0.0, 0.0], [np.inf, 1.0]])) is None


def test_the_view_follows_camera_and_canvas(synthetic: SyntheticScene) -> None:
    viewer = ViewerModel()
    layer, _ = _picture(viewer, synthetic)
    viewer.canvas.size = (400, 800)
    viewer.scene.camera.center = tuple(layer.data_to_world((99.5, 149.5)))
    viewer.scene.camera.zoom = 400 / (20 * 10)  # 20 pixels of 10 m over the height
    assert visible_window(viewer, layer) == Window(90, 110, 130, 170)


def test_each_rectangle_drawn_replaces_the_last(synthetic: SyntheticScene) -> None:
    viewer = ViewerModel()
    drawn: list[Window | None] = []
    _, known = _picture(viewer, synthetic)
    shapes = draw_rectangle(viewer, known, drawn.append)
    assert str(shapes.mode) == "add_rectangle"
    shapes.add_rectangles(np.asarray([[9.5, 19.5], [29.5, 59.5]]))
    shapes.add_rectangles(np.asarray([[-0.5, -0.5], [9.5, 9.5]]))
    assert drawn[-1] == Window(0, 10, 0, 10)
    assert draw_rectangle(viewer, known, drawn.append) is shapes
    shapes.data = []
    assert drawn[-1] is None
