"""From a file to a picture in the viewer: what may run on any thread, and what only on the main one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from napari_rsseg.scenes import open_scene
from napari_rsseg.viewer.imagery import FIRST, picture_of, pictures_of, pyramid
from napari_rsseg.viewer.layers import ROLE_KEY, insert_unchosen
from napari_rsseg.viewer.status import tell_places
from napari_rsseg.viewer.world import SceneLayer, World, layer_of_plugin, world_of

if TYPE_CHECKING:
    from pathlib import Path

    import napari
    from napari.layers import Image

    from napari_rsseg.scenes.scene import Scene

__all__ = [
    "PreparedPicture",
    "add_picture",
    "insert_picture",
    "picture_arguments",
    "prepare_picture",
    "prepare_scene",
    "title_of",
]


@dataclass(frozen=True)
class PreparedPicture:
    """A picture whose coarse levels are in memory, ready to be added to a viewer.

    Attributes
    ----------
    scene : Scene
        What it shows.
    name : str
        Which of the scene's pictures it is.
    levels : list of arrays
        RGBA, finest first.
    """

    scene: Scene
    name: str
    levels: list[Any]


def title_of(scene: Scene) -> str:
    """Return how a scene is called in lists: the name of its file without the ending."""
    if scene.uri.startswith("synthetic:"):
        return "synthetic scene"
    return PurePath(scene.uri).stem or scene.uri


def prepare_scene(uri: str | Path) -> PreparedPicture:
    """Open a scene and compute the coarse levels of its first picture; for any thread.

    Raises
    ------
    SceneError
        When it cannot be opened or read.
    """
    return prepare_picture(open_scene(uri), FIRST)


def prepare_picture(scene: Scene, name: str) -> PreparedPicture:
    """Compute the coarse levels of a picture of a scene, or of its first where it has none of that name.

    Raises
    ------
    SceneError
        When its pixels cannot be read.
    """
    picture = picture_of(scene, name)
    World(scene.georeference).placement(scene)  # loads the map library here rather than on the main thread
    return PreparedPicture(scene, picture.name, pyramid(scene, picture))


def picture_arguments(prepared: PreparedPicture, world: World) -> dict[str, Any]:
    """Return what ``Image`` takes beside the levels."""
    title = title_of(prepared.scene)
    picture = picture_of(prepared.scene, prepared.name)
    is_first = picture == pictures_of(prepared.scene)[0]
    return {
        "name": title if is_first else f"{title} · {picture.title.partition(':')[0]}",
        "rgb": True,
        "multiscale": True,
        "metadata": {ROLE_KEY: SceneLayer(prepared.scene, "picture", world, picture=picture.name)},
        **world.placement(prepared.scene),
    }


def insert_picture(viewer: napari.Viewer, prepared: PreparedPicture) -> Image:
    """Insert a prepared picture into a viewer, below all labels, without choosing it; main thread only.

    Raises
    ------
    SceneError
        When the scene lies in another reference system than those already shown.
    """
    from napari.layers import Image

    world = world_of(viewer.layers, prepared.scene)
    layer = Image(prepared.levels, **picture_arguments(prepared, world))
    tell_places(layer)
    known = map(layer_of_plugin, viewer.layers)
    pictures = sum(other is not None and other.role == "picture" for other in known)
    insert_unchosen(viewer, pictures, layer)
    return layer


def add_picture(viewer: napari.Viewer, prepared: PreparedPicture) -> Image:
    """Insert a prepared picture and choose it; main thread only.

    Raises
    ------
    SceneError
        When the scene lies in another reference system than those already shown.
    """
    layer = insert_picture(viewer, prepared)
    viewer.layers.selection.active = layer
    return layer
