"""Layers that a product brings beside its bands: scene classification, quality, probabilities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.raster import RasterScene
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.imagery import Picture, lazy_pyramid
from napari_rsseg.viewer.layers import ROLE_KEY
from napari_rsseg.viewer.opening import title_of
from napari_rsseg.viewer.status import tell_places
from napari_rsseg.viewer.world import SceneLayer, layer_of_plugin, world_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import napari
    import numpy.typing as npt
    from napari.layers import Layer

    from napari_rsseg.scenes.extras import ExtraLayer
    from napari_rsseg.scenes.scene import Scene

__all__ = ["PreparedExtra", "add_extra", "extras_of", "prepare_extra"]

_PREFIX = "extra-"
_TITLES = {
    "SCL": "Scene classification (SCL)",
    "CLDPRB": "Cloud probability (CLDPRB)",
    "QA_PIXEL": "Pixel quality (QA_PIXEL)",
    "QA_RADSAT": "Saturated bands (QA_RADSAT)",
    "SR_QA_AEROSOL": "Aerosol quality (SR_QA_AEROSOL)",
}
# as ESA draws them in the Sentinel-2 products' documentation
_SCL_COLOURS = (
    "#000000", "#ff0000", "#2f2f2f", "#643200", "#00a000", "#ffe65a", "#0000ff", "#808080", "#c0c0c0",
    "#ffffff", "#64c8ff", "#ff96ff",
)  # fmt: skip


@dataclass(frozen=True)
class PreparedExtra:
    """An extra layer whose coarse levels are in memory, ready to be added to a viewer.

    Attributes
    ----------
    scene : Scene
        On whose grid it lies.
    name, title : str
        Key among the scene's extras, and words for the layer list.
    levels : list of arrays, (height, width)
        Numbers, finest first.
    meanings : dict
        Words by number; empty where the numbers are measured and not coded.
    """

    scene: Scene
    name: str
    title: str
    levels: list[Any]
    meanings: dict[int, str] = field(default_factory=dict)


def extras_of(scene: Scene) -> tuple[Picture, ...]:
    """Return the extra layers of a scene for its list of pictures."""
    extras = scene.extras if isinstance(scene, RasterScene) else {}
    return tuple(Picture(f"{_PREFIX}{name}", _TITLES.get(name, name)) for name in extras)


def prepare_extra(scene: Scene, name: str) -> PreparedExtra | None:
    """Read the coarse levels of an extra layer; None where the name is of no extra layer. For any thread.

    Raises
    ------
    SceneError
        When the scene has no such layer, or it cannot be read.
    """
    if not name.startswith(_PREFIX):
        return None
    key = name.removeprefix(_PREFIX)
    extra = scene.extras.get(key) if isinstance(scene, RasterScene) else None
    if extra is None:
        raise SceneError(f"{scene.uri} has no layer {key}.", "Choose another picture.")

    def read(window: Window, level: int) -> npt.NDArray[np.generic]:
        return extra.read(window, level=level)

    sample = extra.read(Window(0, 1, 0, 1), level=len(extra.levels) - 1)
    levels = lazy_pyramid(extra.levels, read, dtype=sample.dtype)
    return PreparedExtra(scene, key, _TITLES.get(key, key), levels, _meanings(extra, levels[-1]))


def _meanings(extra: ExtraLayer, coarsest: Any) -> dict[int, str]:
    if extra.classes:
        return dict(extra.classes)
    if not extra.bits:
        return {}
    return {int(number): _bit_words(int(number), extra.bits) for number in np.unique(np.asarray(coarsest))}


def _bit_words(number: int, bits: Mapping[int, str]) -> str:
    return ", ".join(words for bit, words in bits.items() if number >> bit & 1) or "no flag"


def add_extra(viewer: napari.Viewer, prepared: PreparedExtra) -> Layer:
    """Add an extra layer above the pictures: read-only labels with names, or an image where none are known.

    Raises
    ------
    SceneError
        When the scene lies in another reference system than those already shown.
    """
    world = world_of(viewer.layers, prepared.scene)
    is_pyramid = len(prepared.levels) > 1
    data = prepared.levels if is_pyramid else prepared.levels[0]
    common: dict[str, Any] = {
        "name": f"{title_of(prepared.scene)} · {prepared.title}",
        "multiscale": is_pyramid,
        "metadata": {ROLE_KEY: SceneLayer(prepared.scene, "extra", world, picture=prepared.name)},
        **world.placement(prepared.scene),
    }
    if prepared.meanings:
        layer = viewer.add_labels(data, **_label_look(prepared.meanings), **common)
        layer.editable = False
    else:
        layer = viewer.add_image(data, rgb=False, interpolation2d="nearest", **common)
    tell_places(layer)
    roles = [known.role for other in viewer.layers if (known := layer_of_plugin(other)) is not None]
    beneath = sum(role in ("picture", "extra") for role in roles)
    viewer.layers.move(len(viewer.layers) - 1, beneath - 1)
    return layer


def _label_look(meanings: Mapping[int, str]) -> dict[str, Any]:
    from napari.utils.colormaps import DirectLabelColormap, label_colormap

    numbers = list(meanings)
    cycle = label_colormap(len(numbers) + 1)
    coded = len(numbers) == len(_SCL_COLOURS) and max(numbers) < len(_SCL_COLOURS)
    colours: dict[int | None, Any] = {
        number: _SCL_COLOURS[number] if coded else cycle.map(position + 1)
        for position, number in enumerate(numbers)
    }
    return {
        "colormap": DirectLabelColormap(color_dict={**colours, None: "transparent"}),
        "features": {"index": numbers, "class": list(meanings.values())},
        "opacity": 0.7,
    }
