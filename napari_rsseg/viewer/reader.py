"""The reader that napari finds in the manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_rsseg.viewer.opening import picture_arguments, prepare_scene
from napari_rsseg.viewer.world import world_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    LayerData = tuple[Any, dict[str, Any], str]

__all__ = ["read_scenes", "scene_reader"]


def scene_reader(path: str | Sequence[str]) -> Callable[[str | Sequence[str]], list[LayerData]] | None:
    """Return the function that reads scenes; whether a file is one is said when it is opened, in words."""
    return read_scenes


def read_scenes(path: str | Sequence[str]) -> list[LayerData]:
    """Open one scene or several, each as an image layer at its place.

    Raises
    ------
    SceneError
        When a file cannot be read, or the scenes lie in different reference systems.
    """
    import napari

    viewer = napari.current_viewer()
    shown = [] if viewer is None else list(viewer.layers)
    layers: list[LayerData] = []
    world = None
    for uri in [path] if isinstance(path, str) else path:
        prepared = prepare_scene(uri)
        world = world_of(shown, prepared.scene) if world is None else world
        layers.append((prepared.levels, picture_arguments(prepared, world), "image"))
    return layers
