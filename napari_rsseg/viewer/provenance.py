"""Who says each pixel: as an overlay of the view, and under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.editing.origins import provenance_words
from napari_rsseg.errors import RssegError
from napari_rsseg.project import Provenance
from napari_rsseg.viewer.over_scene import add_over_scene, place_over_scene, scene_pixels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import napari
    from napari.layers import Labels, Layer

    from napari_rsseg.panels.correct_site import CorrectSite
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window
    from napari_rsseg.viewer.world import World

__all__ = ["PROVENANCE_COLOURS", "add_provenance", "show_provenance", "tell_origins"]

_SIDE_PX = 2048
PROVENANCE_COLOURS: dict[Provenance, str] = {
    Provenance.UNLABELLED: "#00000000",
    Provenance.PREDICTED: "#56b4e9",
    Provenance.CORRECTED: "#e69f00",
    Provenance.ACCEPTED: "#009e73",
    Provenance.IMPORTED: "#cc79a7",
}
"""Colours after Okabe and Ito 2008, told apart by colour-blind readers; what is not said is clear."""


def add_provenance(viewer: napari.Viewer, scene: Scene, world: World) -> Labels:
    """Add the overlay; empty, and no part of the labels."""
    from napari.utils.colormaps import DirectLabelColormap

    layer = add_over_scene(viewer, scene, world, name="who says it", dtype=np.uint8, opacity=0.55)
    colours: dict[int | None, str] = {int(key): colour for key, colour in PROVENANCE_COLOURS.items()}
    layer.colormap = DirectLabelColormap(color_dict={**colours, None: "transparent"})
    layer.features = {
        "index": [int(key) for key in Provenance],
        "said": [provenance_words(key) for key in Provenance],
    }
    return layer


def show_provenance(layer: Labels, site: CorrectSite, view: Window) -> None:
    """Show who says the pixels of a view, every n-th of a large one."""
    inside = view.intersection(site.ground.extent)
    if inside.is_empty:
        layer.data = np.zeros((1, 1), dtype=np.uint8)
    else:
        step = -(-max(inside.shape) // _SIDE_PX)
        place_over_scene(layer, inside, step=step)
        layer.data = np.ascontiguousarray(site.ground.provenance(inside)[::step, ::step])
    layer.editable = False


def tell_origins(layer: Layer, world: World, find_site: Callable[[], CorrectSite | None]) -> None:
    """Make a label layer say who said the pixel under the pointer, before the words that it has."""
    plain = layer.get_status

    # napari calls this on a background thread: it reads values and touches no widget
    def get_status(position: Sequence[float] | None = None, **options: Any) -> dict[str, Any]:
        status: dict[str, Any] = plain(position, **options)
        site = None if position is None else find_site()
        if site is not None and position is not None:
            row, column = (int(np.rint(value)) for value in scene_pixels(world, site.scene, position))
            said, known = _origin(site, row, column), str(status.get("coordinates", "")).strip()
            status["coordinates"] = (
                f" {'; '.join(filter(None, (said, known)))}"  # first: a narrow bar cuts it
            )
        return status

    layer.get_status = get_status


def _origin(site: CorrectSite, row: int, column: int) -> str:
    try:
        return site.origin(row, column)
    except RssegError as error:
        return error.found  # the status bar goes on telling places
