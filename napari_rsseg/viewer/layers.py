"""Layers of napari that show classes: colours, names, and no id outside the scheme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.classes.scheme import IGNORED

if TYPE_CHECKING:
    import napari
    import numpy.typing as npt
    from napari.layers import Labels, Layer
    from napari.utils.colormaps import Colormap, DirectLabelColormap

    from napari_rsseg.classes.scheme import Scheme

__all__ = [
    "ROLE_KEY",
    "confidence_colormap",
    "guard_ids",
    "insert_unchosen",
    "label_arguments",
    "label_colormap",
]

ROLE_KEY = "napari-rsseg"
"""Key of a layer's metadata under which this plugin says what the layer is."""


def insert_unchosen(viewer: napari.Viewer, index: int, layer: Layer) -> None:
    """Insert a layer and leave what is chosen as it is; napari would choose the new one in the same turn."""
    selection = viewer.layers.selection
    chosen = selection.active
    with selection.events.blocker_all():  # nobody needs to follow there and back
        viewer.layers.insert(index, layer)
        selection.active = chosen


def label_colormap(scheme: Scheme, *, show_background: bool = False) -> DirectLabelColormap:
    """Return the colours of a scheme; ids outside it are magenta, 255 is the transparent background.

    Parameters
    ----------
    scheme : Scheme
        Classes; position is the id.
    show_background : bool
        Whether the classes that the scheme calls background are drawn too.
    """
    from napari.utils.colormaps import DirectLabelColormap

    colours: dict[int | None, str] = {
        index: "transparent" if index in scheme.background_ids and not show_background else definition.colour
        for index, definition in enumerate(scheme.classes)
    }
    return DirectLabelColormap(
        color_dict={**colours, IGNORED: "transparent", None: "magenta"},
        name=scheme.name,
        background_value=IGNORED,
    )


def label_arguments(scheme: Scheme, *, show_background: bool = False) -> dict[str, Any]:
    """Return what ``Labels`` takes so that a layer wears the scheme: colours, and names for the hover."""
    return {
        "colormap": label_colormap(scheme, show_background=show_background),
        "features": {
            "index": [*range(len(scheme.classes)), IGNORED],
            "class": [*scheme.names, "nothing said"],
        },
        "opacity": 0.6,
    }


def guard_ids(layer: Labels, scheme: Scheme) -> None:
    """Keep the selected label of a layer inside the scheme; the eraser's 255 stays allowed.

    The spin box, the keys for the next label and the picker all pass through the selected label.
    """
    allowed = {*range(len(scheme.classes)), IGNORED}
    last = {"id": _first_foreground(scheme)}
    layer.selected_label = last["id"]

    def keep(event: object = None) -> None:
        chosen = int(layer.selected_label)
        if chosen in allowed:
            last["id"] = chosen
        else:
            layer.selected_label = last["id"]

    layer.events.selected_label.connect(keep)


def _first_foreground(scheme: Scheme) -> int:
    return next((index for index in range(len(scheme.classes)) if index not in scheme.background_ids), 0)


def confidence_colormap() -> Colormap:
    """Return colours of stored confidence, 0 to 250: doubt is orange, certainty and 255 transparent."""
    from napari.utils.colormaps import Colormap

    share = np.clip(np.arange(256) / 250.0, 0.0, 1.0)
    colours: npt.NDArray[np.float32] = np.empty((256, 4), dtype=np.float32)
    colours[:, 0], colours[:, 1], colours[:, 2] = 1.0, 0.55 + 0.4 * share, 0.1 + 0.7 * share
    colours[:, 3] = 0.9 * (1.0 - share) ** 0.7
    colours[IGNORED] = 0.0
    return Colormap(colours, name="confidence", controls=np.linspace(0, 1, 257), interpolation="zero")
