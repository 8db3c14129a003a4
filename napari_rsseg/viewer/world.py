"""The world of a viewer: metres from the corner of its first scene, so that float32 on the GPU holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_rsseg.scenes.georeferencing import require_same_crs, scene_corner, world_affine
from napari_rsseg.viewer.layers import ROLE_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.layers import Layer

    from napari_rsseg.scenes.scene import Georeference, Scene

__all__ = ["SceneLayer", "World", "layer_of_plugin", "shown_georeference", "world_of"]


@dataclass(frozen=True)
class SceneLayer:
    """What this plugin writes into the metadata of each of its layers.

    Attributes
    ----------
    scene : Scene
        The scene that the layer shows or labels.
    role : str
        ``picture``, ``labels``, ``confidence``, ``overview`` or ``region``.
    world : World
        Where the scene lies.
    task : str
        Name of the scheme of labels and confidence; empty for pictures.
    picture : str
        Which picture of the scene it is; empty for others.
    """

    scene: Scene
    role: str
    world: World
    task: str = ""
    picture: str = ""


@dataclass(frozen=True)
class World:
    """Coordinates that all layers of a viewer share.

    Attributes
    ----------
    georeference : Georeference
        Of the first scene; the others must have its reference system.
    """

    georeference: Georeference

    @property
    def origin(self) -> tuple[float, float]:
        """Map x and y of the world's zero."""
        return scene_corner(self.georeference)

    @property
    def unit(self) -> str:
        """Unit of all layers, as napari calls it."""
        return "m" if self.georeference.is_georeferenced else "pixel"

    def placement(self, scene: Scene) -> dict[str, Any]:
        """Return ``affine`` and ``units`` of a layer whose data are the scene's pixels.

        Raises
        ------
        SceneError
            When the scene lies in another reference system.
        """
        require_same_crs(self.georeference, scene.georeference)
        return {
            "affine": world_affine(scene.georeference, self.origin),
            "units": (self.unit, self.unit),
            "axis_labels": ("row", "column"),
        }


def layer_of_plugin(layer: Layer) -> SceneLayer | None:
    """Return what a layer is to this plugin; None for layers of others."""
    found = layer.metadata.get(ROLE_KEY)
    return found if isinstance(found, SceneLayer) else None


def shown_georeference(layers: Iterable[Layer]) -> Georeference | None:
    """Return the place on the map that the scenes among layers share; None where there is none yet."""
    known = next(filter(None, map(layer_of_plugin, layers)), None)
    return None if known is None else known.world.georeference


def world_of(layers: Iterable[Layer], scene: Scene) -> World:
    """Return the world of a viewer with these layers; the scene founds it where there is none yet.

    Raises
    ------
    SceneError
        When the scene lies in another reference system than the scenes already shown.
    """
    for layer in layers:
        known = layer_of_plugin(layer)
        if known is not None:
            require_same_crs(known.world.georeference, scene.georeference)
            return known.world
    return World(scene.georeference)
