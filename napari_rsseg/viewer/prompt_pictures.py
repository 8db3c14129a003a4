"""What a segmenter says, as pictures over the scene: one mask, or many regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.viewer.over_scene import add_over_scene, place_over_scene

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import napari
    import numpy.typing as npt
    from napari.layers import Labels

    from napari_rsseg.engine.prompting.prompts import Candidate
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window
    from napari_rsseg.viewer.world import World

__all__ = ["add_preview", "add_regions", "region_at", "show_mask", "show_regions"]

_SIDE_PX = 4096
"""Regions of larger views are drawn coarser."""


def add_preview(viewer: napari.Viewer, scene: Scene, world: World) -> Labels:
    """Add the layer of the mask that is about to be written; empty, and no part of the labels."""
    return add_over_scene(viewer, scene, world, name="preview", dtype=np.uint8, opacity=0.7)


def add_regions(viewer: napari.Viewer, scene: Scene, world: World) -> Labels:
    """Add the layer of proposed regions; empty."""
    return add_over_scene(viewer, scene, world, name="proposed regions", dtype=np.uint16, opacity=0.45)


def show_mask(layer: Labels, candidate: Candidate | None, colour: npt.NDArray[np.floating]) -> None:
    """Show a mask in a colour, RGBA from 0 to 1; nothing for None."""
    from napari.utils.colormaps import DirectLabelColormap

    is_empty = candidate is None or candidate.window.is_empty
    mask = np.zeros((1, 1), dtype=np.uint8)
    if candidate is not None and not is_empty:
        mask = candidate.mask.unpacked().view(np.uint8)
        place_over_scene(layer, candidate.window)
    seen = np.asarray(colour, dtype=float).ravel()
    shown = (*seen[:3], 1.0) if seen[3] > 0 else (1.0, 1.0, 1.0, 1.0)  # a class that is drawn clear
    if tuple(layer.colormap.map(np.uint8(1)).ravel()) != shown:
        layer.colormap = DirectLabelColormap(color_dict={None: "transparent", 0: "transparent", 1: shown})
    layer.data = mask
    layer.editable = False


def show_regions(
    layer: Labels, regions: Sequence[Candidate], assigned: Collection[int], view: Window
) -> None:
    """Show regions of a view, the largest beneath; each has its position plus one as its number.

    Those that are assigned are left clear, so that the labels beneath are seen.
    """
    step = -(-max(view.shape) // _SIDE_PX)
    numbers = np.zeros((-(-view.height // step), -(-view.width // step)), dtype=np.uint16)
    for number, region in enumerate(regions, start=1):
        inside = region.window.intersection(view)
        first_row = -(-(inside.row_start - view.row_start) // step)
        first_column = -(-(inside.column_start - view.column_start) // step)
        row, column = view.row_start + first_row * step, view.column_start + first_column * step
        mask = region.mask.unpacked()[
            row - region.window.row_start : inside.row_stop - region.window.row_start : step,
            column - region.window.column_start : inside.column_stop - region.window.column_start : step,
        ]
        target = numbers[first_row : first_row + mask.shape[0], first_column : first_column + mask.shape[1]]
        target[mask] = 0 if number - 1 in assigned else number
    place_over_scene(layer, view, step=step)
    layer.data = numbers
    layer.editable = False
    layer.visible = bool(regions)


def region_at(layer: Labels, position: Sequence[float]) -> int | None:
    """Return the position in the list of the region at a place of the world; None where none lies."""
    row, column = (int(np.floor(value + 0.5)) for value in layer.world_to_data(position)[-2:])
    height, width = layer.data.shape
    if not (0 <= row < height and 0 <= column < width):
        return None
    number = int(layer.data[row, column])
    return number - 1 if number else None
