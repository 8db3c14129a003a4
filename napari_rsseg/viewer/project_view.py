"""How a viewer follows a project: scenes are shown as one left them, those of no project go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.viewer.layers import ROLE_KEY

if TYPE_CHECKING:
    import napari
    from pydantic import JsonValue

__all__ = ["camera_of", "clear_scenes", "place_camera"]


def camera_of(viewer: napari.Viewer) -> dict[str, JsonValue]:
    """Return what of the world is in view: centre and zoom."""
    return {
        "centre": [float(value) for value in viewer.scene.camera.center],
        "zoom": float(viewer.scene.camera.zoom),
    }


def place_camera(viewer: napari.Viewer, camera: JsonValue) -> None:
    """Look where one looked before; what is no camera is left aside."""
    if not isinstance(camera, dict):
        return
    centre, zoom = camera.get("centre"), camera.get("zoom")
    if isinstance(centre, list) and isinstance(zoom, int | float) and zoom > 0:
        viewer.scene.camera.center = tuple(float(value) for value in centre if isinstance(value, int | float))
        viewer.scene.camera.zoom = float(zoom)


def clear_scenes(viewer: napari.Viewer) -> None:
    """Take all scenes and their labels out of a viewer; the labels themselves are kept."""
    for layer in list(viewer.layers):
        if ROLE_KEY in layer.metadata:
            viewer.layers.remove(layer)
