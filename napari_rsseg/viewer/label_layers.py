"""Layers over the arrays of a labelling: plain editable Labels, and the confidence beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_rsseg.panels.paged_array import PagedArray
from napari_rsseg.viewer.edit_window import LevelView
from napari_rsseg.viewer.layers import (
    ROLE_KEY,
    confidence_colormap,
    guard_ids,
    insert_unchosen,
    label_arguments,
)
from napari_rsseg.viewer.status import tell_places
from napari_rsseg.viewer.writer import LABELLING_KEY, SCHEME_KEY

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Labels

    from napari_rsseg.panels.labelling import Labelling
    from napari_rsseg.viewer.world import SceneLayer

__all__ = ["add_confidence", "add_labels"]


def add_labels(
    viewer: napari.Viewer, place: SceneLayer, title: str, labelling: Labelling, *, show_background: bool
) -> Labels:
    """Add a label layer with a copy of the labels of a whole scene; it is not chosen yet."""
    from napari.layers import Labels

    layer = Labels(
        labelling.read_labels(labelling.window),
        name=f"{title} · {labelling.scheme.name}",
        metadata={ROLE_KEY: place, SCHEME_KEY: labelling.scheme, LABELLING_KEY: labelling},
        **label_arguments(labelling.scheme, show_background=show_background),
        **place.world.placement(place.scene),
    )
    guard_ids(layer, labelling.scheme)
    tell_places(layer)
    insert_unchosen(viewer, len(viewer.layers), layer)
    return layer


def add_confidence(
    viewer: napari.Viewer, place: SceneLayer, title: str, labelling: Labelling, *, beneath: Labels
) -> Image:
    """Add the confidence as an image below a layer, hidden at first: orange where the model was in doubt."""
    from napari.layers import Image

    data = labelling.confidence
    paged = isinstance(data, PagedArray)
    layer = Image(
        _levels(data) if isinstance(data, PagedArray) else data,
        multiscale=paged,
        name=f"{title} · {labelling.scheme.name} confidence",
        rgb=False,
        colormap=confidence_colormap(),
        contrast_limits=(0, 255),
        interpolation2d="nearest",
        visible=False,
        metadata={ROLE_KEY: replace(place, role="confidence")},
        **place.world.placement(place.scene),
    )
    tell_places(layer)
    insert_unchosen(viewer, viewer.layers.index(beneath), layer)
    return layer


def _levels(data: PagedArray) -> list[LevelView]:
    return [LevelView(data, 1), *(LevelView(level, step) for step, level in data.coarse.items())]
