"""What of a scene is in view, and the rectangle drawn over it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.layers import ROLE_KEY
from napari_rsseg.viewer.world import SceneLayer, layer_of_plugin

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    import numpy.typing as npt
    from napari.layers import Layer, Shapes

    from napari_rsseg.viewer.world import World

__all__ = ["draw_rectangle", "visible_window", "window_around"]


def window_around(points: npt.NDArray[np.float64]) -> Window | None:
    """Return the pixels spanned by points, (n, 2) rows and columns of pixel centres; None if none."""
    if not np.isfinite(points).all():
        return None
    low, high = np.floor(points.min(axis=0) + 0.5), np.ceil(points.max(axis=0) + 0.5)
    if (high <= low).any():
        return None
    return Window(int(low[0]), int(high[0]), int(low[1]), int(high[1]))


def visible_window(viewer: napari.Viewer, layer: Layer) -> Window | None:
    """Return the pixels of a layer that the canvas shows, not cut to the layer's size."""
    camera = viewer.scene.camera
    half = np.asarray(viewer.canvas.size, dtype=float) / (2 * camera.zoom)
    centre = np.asarray(camera.center, dtype=float)[-2:]
    corners = [centre + half * signs for signs in itertools.product((-1, 1), repeat=2)]
    return window_around(np.asarray([layer.world_to_data(corner)[-2:] for corner in corners], dtype=float))


def draw_rectangle(
    viewer: napari.Viewer, known: SceneLayer, on_drawn: Callable[[Window | None], None]
) -> Shapes:
    """Let the user drag a rectangle over a scene; each one drawn replaces the last.

    Parameters
    ----------
    viewer : Viewer
        Where to draw.
    known : SceneLayer
        The scene.
    on_drawn : callable
        Gets the rectangle in scene pixels, or None when it is deleted.
    """
    layer = next((other for other in viewer.layers if _is_region(other, known)), None)
    if layer is None:
        layer = _add_region_layer(viewer, known, known.world)

        def tell(event: object = None) -> None:
            shapes = layer.data
            on_drawn(window_around(np.asarray(shapes[-1], dtype=float)) if len(shapes) else None)

        layer.events.data.connect(tell)
    viewer.layers.selection.active = layer
    layer.mode = "add_rectangle"
    return layer


def _is_region(layer: Layer, known: SceneLayer) -> bool:
    other = layer_of_plugin(layer)
    return other is not None and other.role == "region" and other.scene is known.scene


def _add_region_layer(viewer: napari.Viewer, known: SceneLayer, world: World) -> Shapes:
    return viewer.add_shapes(
        name="region to segment",
        ndim=2,
        edge_color="#ffd60a",
        face_color="transparent",
        edge_width=max(2.0, known.scene.width / 400),
        metadata={ROLE_KEY: SceneLayer(known.scene, "region", world)},
        **world.placement(known.scene),
    )
