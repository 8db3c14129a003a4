"""What the status bar says under the pointer: pixel, map coordinates, longitude and latitude."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.scenes.georeferencing import map_to_lonlat, pixel_to_map
from napari_rsseg.viewer.world import layer_of_plugin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Layer

    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.viewer.world import World

__all__ = ["describe_place", "tell_places", "tell_places_in"]


def describe_place(scene: Scene, row: float, column: float) -> str:
    """Return pixel, map and geographic coordinates of a point whose whole numbers are pixel centres."""
    text = f"row {int(np.floor(row + 0.5))}, column {int(np.floor(column + 0.5))}"
    if not scene.georeference.is_georeferenced:
        return text
    x, y = pixel_to_map(scene.georeference, row + 0.5, column + 0.5)
    lonlat = map_to_lonlat(scene.georeference, x, y)
    digits = 5 if abs(x) <= 360 and abs(y) <= 90 else 1
    text += f"; x {x:.{digits}f}, y {y:.{digits}f}"
    return text if lonlat is None else f"{text}; lon {lonlat[0]:.5f}°, lat {lonlat[1]:.5f}°"


def tell_places(layer: Layer) -> None:
    """Make a layer of this plugin name the place under the pointer, in front of napari's own words."""
    known = layer_of_plugin(layer)
    if known is not None:
        tell_places_in(layer, known.scene, known.world, with_value=known.role != "picture")


def tell_places_in(layer: Layer, scene: Scene, world: World, *, with_value: bool = True) -> None:
    """Make any layer that lies over a scene name the place under the pointer.

    Parameters
    ----------
    layer : Layer
        Changed; told once.
    scene, world : Scene, World
        Whose pixels and map are named.
    with_value : bool
        Say what napari says of the layer's value there as well.
    """
    if "get_status" in vars(layer):  # told already
        return
    plain = layer.get_status
    # the scene's own affine: an edit window counts its pixels from its own corner
    inverse = np.linalg.inv(world.placement(scene)["affine"])[:2]

    # napari calls this on a background thread: it reads values and touches no widget
    def get_status(position: Sequence[float] | None = None, **options: Any) -> dict[str, Any]:
        status: dict[str, Any] = plain(position, **options)
        if position is not None:
            row, column = inverse @ (float(position[-2]), float(position[-1]), 1.0)
            place = describe_place(scene, float(row), float(column))
            value = (status.get("value") or "") if with_value else ""
            text = f"{place}{': ' if value else ''}{value}"
            status["coords"], status["coordinates"] = f" {place}", f" {text}"
        return status

    layer.get_status = get_status
