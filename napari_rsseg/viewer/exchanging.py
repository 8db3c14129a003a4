"""The same scene opened anew, in place of the old one: other band roles, the same pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_rsseg.viewer.layers import ROLE_KEY
from napari_rsseg.viewer.opening import PreparedPicture, picture_arguments, prepare_picture
from napari_rsseg.viewer.world import layer_of_plugin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari.layers import Layer

    from napari_rsseg.scenes.scene import Scene

__all__ = ["Exchange", "exchange", "prepare_exchange", "shown_pictures"]


@dataclass(frozen=True)
class Exchange:
    """A scene, its successor, and the successor's pictures by the name of those that are shown."""

    old: Scene
    new: Scene
    pictures: dict[str, PreparedPicture]


def shown_pictures(layers: Iterable[Layer], scene: Scene) -> tuple[str, ...]:
    """Return the names of the pictures of a scene among layers."""
    found = (layer_of_plugin(layer) for layer in layers)
    return tuple(
        known.picture for known in found if known and known.scene is scene and known.role == "picture"
    )


def prepare_exchange(old: Scene, new: Scene, pictures: Iterable[str]) -> Exchange:
    """Compute the coarse levels of the new pictures; for any thread.

    Raises
    ------
    SceneError
        When the pixels cannot be read.
    """
    return Exchange(old, new, {name: prepare_picture(new, name) for name in pictures})


def exchange(layers: Iterable[Layer], prepared: Exchange) -> None:
    """Show the new scene in all layers of the old one; main thread only."""
    for layer in layers:
        known = layer_of_plugin(layer)
        if known is None or known.scene is not prepared.old:
            continue
        picture = prepared.pictures.get(known.picture) if known.role == "picture" else None
        if picture is None:
            layer.metadata[ROLE_KEY] = replace(known, scene=prepared.new)
            continue
        arguments = picture_arguments(picture, known.world)
        layer.metadata.update(arguments["metadata"])
        layer.name = arguments["name"]
        layer.data = picture.levels
