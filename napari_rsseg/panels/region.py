"""Which part of a scene is segmented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from napari_rsseg.scenes.scene import Scene

__all__ = ["REGIONS", "RegionKind", "choose_region"]

RegionKind = Literal["view", "rectangle", "whole"]
REGIONS: dict[RegionKind, str] = {
    "whole": "Whole scene",
    "view": "What is in view",
    "rectangle": "Drawn rectangle",
}


def choose_region(kind: RegionKind, scene: Scene, *, view: Window | None, rectangle: Window | None) -> Window:
    """Return the part of the scene to segment, inside the scene and not empty.

    Raises
    ------
    SceneError
        When the view or the rectangle does not touch the scene, or no rectangle was drawn.
    """
    whole = Window.of(scene.height, scene.width)
    if kind == "whole":
        return whole
    wanted = view if kind == "view" else rectangle
    if wanted is None:
        if kind == "view":
            raise SceneError(
                "The view shows nothing of the scene.", "Move the scene into view, or take the whole scene."
            )
        raise SceneError("No rectangle is drawn.", "Press Draw and drag a rectangle over the scene.")
    inside = wanted.intersection(whole)
    if inside.height == 0 or inside.width == 0:
        words = "view" if kind == "view" else "rectangle"
        raise SceneError(
            f"The {words} lies outside the scene.", "Move it onto the scene, or take the whole scene."
        )
    return inside
