"""What the Correct page shows over a scene: previews, superpixels, who says each pixel, the active class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.viewer.legend import readable_on
from napari_rsseg.viewer.over_scene import add_over_scene, place_over_scene
from napari_rsseg.viewer.provenance import add_provenance, show_provenance

if TYPE_CHECKING:
    import napari
    import numpy.typing as npt
    from napari.layers import Labels, Layer

    from napari_rsseg.panels.correct import CorrectPanel
    from napari_rsseg.scenes.windows import Window
    from napari_rsseg.viewer.world import SceneLayer

__all__ = ["ACTIVE_CLASS", "CorrectPictures"]

ACTIVE_CLASS = "rsseg_active_class"
"""Key of the text on the canvas that names the tool and the class."""
_ORDER = 2 * 10**6


class CorrectPictures:
    """Layers and texts over the labels, made when they are first needed; for the main thread.

    Parameters
    ----------
    viewer : Viewer
        Where they are shown.
    panel : CorrectPanel
        Says what is to be shown.

    Attributes
    ----------
    layers : dict
        By what they show: ``preview``, ``superpixels`` and ``provenance``.
    """

    def __init__(self, viewer: napari.Viewer, panel: CorrectPanel) -> None:
        self._viewer, self._panel = viewer, panel
        self.layers: dict[str, Labels] = {}
        self._drawn: dict[str, object] = {}
        self._changes = 0
        panel.changed.connect(self._count_change)

    def _count_change(self) -> None:
        self._changes += 1

    def forget(self, layer: Layer) -> None:
        """Make a layer that was removed anew when it is needed again."""
        for name in [name for name, own in self.layers.items() if own is layer]:
            del self.layers[name]
            self._drawn.pop(name, None)

    def sync(self, known: SceneLayer) -> None:
        """Show the state as it is now."""
        self._name_class()
        self._show_preview(known)
        self._show_superpixels(known)
        self._show_provenance(known)

    def _is_new(self, what: str, *value: object) -> bool:
        """Return whether something is not what is drawn already, and remember it as drawn."""
        is_new = self._drawn.get(what) != value
        self._drawn[what] = value
        return is_new

    def _layer(self, name: str, known: SceneLayer) -> Labels:
        """Return a layer over the scene, above all others; what was chosen stays chosen."""
        if name in self.layers and self.layers[name].metadata.get("scene") != known.scene.fingerprint:
            self._viewer.layers.remove(self.layers[name])
        if name not in self.layers:
            chosen = self._viewer.layers.selection.active
            if name == "provenance":
                made = add_provenance(self._viewer, known.scene, known.world)
            else:
                made = add_over_scene(
                    self._viewer, known.scene, known.world, name=name, dtype=np.uint8, opacity=0.8
                )
            made.metadata["scene"] = known.scene.fingerprint
            self._viewer.layers.selection.active = chosen
            self.layers[name] = made
        return self.layers[name]

    def _show_preview(self, known: SceneLayer) -> None:
        operation = self._panel.preview
        if not self._is_new("preview", operation):
            return
        if operation is not None:
            layer = self._layer("preview", known)
            _show_binary(layer, operation.window, operation.where, "#ff00ff")
            layer.visible = True
        elif "preview" in self.layers:
            self.layers["preview"].visible = False

    def _show_superpixels(self, known: SceneLayer) -> None:
        divided = self._panel.superpixels if self._panel.chosen.needs_superpixels else None
        if not self._is_new("superpixels", divided):
            return
        if divided is not None:
            layer = self._layer("superpixels", known)
            layer.opacity = 0.45
            _show_binary(layer, divided.window, _borders(divided.numbers), "#ffffff")
            layer.visible = True
        elif "superpixels" in self.layers:
            self.layers["superpixels"].visible = False

    def _show_provenance(self, known: SceneLayer) -> None:
        panel = self._panel
        site, view = panel.find_site(), panel.find_window()
        shown = panel.shows_provenance and site is not None and view is not None
        if not self._is_new("provenance", shown, view if shown else None, self._changes if shown else 0):
            return
        if shown and site is not None and view is not None:
            layer = self._layer("provenance", known)
            show_provenance(layer, site, view)
            layer.visible = True
        elif "provenance" in self.layers:
            self.layers["provenance"].visible = False

    def _name_class(self) -> None:
        """Name the tool and the active class in the canvas's lower left corner."""
        site = self._panel.find_site()
        if site is None:
            return
        class_id, tool = self._panel.class_id, self._panel.chosen.words
        is_class = class_id < len(site.scheme.classes)
        definition = site.scheme.classes[class_id] if is_class else None
        name = "nothing said" if definition is None else definition.name
        colour = "#808080" if definition is None else definition.colour
        if self._is_new("class", tool, name, colour):
            look = {
                "text": f"{tool} · {name}", "box_color": colour, "color": readable_on(colour),
                "box": True, "visible": True,
            }  # fmt: skip
            self._draw_text(look)

    def _draw_text(self, look: dict[str, Any]) -> None:
        from napari.components.overlays import TextOverlay

        overlays = self._viewer.canvas.overlays
        if ACTIVE_CLASS not in overlays:
            overlays[ACTIVE_CLASS] = TextOverlay(position="bottom_left", font_size=11, order=_ORDER, **look)
        for key, value in look.items():
            setattr(overlays[ACTIVE_CLASS], key, value)


def _show_binary(layer: Labels, window: Window, where: npt.NDArray[np.bool_], colour: str) -> None:
    """Show a mask in one colour."""
    from napari.utils.colormaps import DirectLabelColormap

    place_over_scene(layer, window)
    layer.colormap = DirectLabelColormap(color_dict={None: "transparent", 0: "transparent", 1: colour})
    layer.data = np.ascontiguousarray(where).view(np.uint8)
    layer.editable = False


def _borders(numbers: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Return the pixels whose right or lower neighbour belongs to another region."""
    borders = np.zeros(numbers.shape, dtype=np.bool_)
    borders[:, :-1] |= numbers[:, :-1] != numbers[:, 1:]
    borders[:-1] |= numbers[:-1] != numbers[1:]
    return borders
