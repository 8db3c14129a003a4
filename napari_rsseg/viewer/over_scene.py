"""Layers that lie over a part of a scene and are no part of its labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import napari
    import numpy.typing as npt
    from napari.layers import Labels

    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window
    from napari_rsseg.viewer.world import World

__all__ = ["add_over_scene", "place_over_scene", "scene_pixels"]

_MATRIX_KEY = "napari-rsseg affine of the scene"


def add_over_scene(
    viewer: napari.Viewer, scene: Scene, world: World, *, name: str, dtype: npt.DTypeLike, opacity: float
) -> Labels:
    """Add an empty label layer that is not painted on."""
    place = world.placement(scene)
    layer = viewer.add_labels(
        np.zeros((1, 1), dtype=dtype),
        name=name,
        opacity=opacity,
        metadata={_MATRIX_KEY: np.asarray(place["affine"])},
        **place,
    )
    layer.editable = False
    return layer


def place_over_scene(layer: Any, window: Window, *, step: int = 1) -> None:
    """Put a layer over a window of the scene, one of its pixels spanning some of the scene's."""
    shift = np.diag([step, step, 1.0])
    shift[:2, 2] = window.row_start + (step - 1) / 2, window.column_start + (step - 1) / 2
    layer.affine = layer.metadata[_MATRIX_KEY] @ shift


def scene_pixels(world: World, scene: Scene, position: Any) -> tuple[float, float]:
    """Return row and column of the scene, with fractions, at a place of the world."""
    inverse = np.linalg.inv(world.placement(scene)["affine"])[:2]
    row, column = inverse @ (float(position[-2]), float(position[-1]), 1.0)
    return float(row), float(column)
