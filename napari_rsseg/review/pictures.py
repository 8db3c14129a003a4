"""Small pictures of scenes with labels on them."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.palette import colour_table
from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.scenes.reading import read_values

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window

__all__ = ["data_uri", "overlaid", "window_picture"]

_OPACITY = 0.45


def shown_bands(scene: Scene) -> tuple[int, int, int]:
    """Return the bands that are shown as red, green and blue."""
    place = {band.role: index for index, band in reversed(list(enumerate(scene.bands)))}
    if {"red", "green", "blue"} <= place.keys():
        return place["red"], place["green"], place["blue"]
    last = len(scene.bands) - 1
    return 0, min(1, last), min(2, last)


def window_picture(scene: Scene, window: Window, *, level: int = 0) -> npt.NDArray[np.uint8]:
    """Return what a screen shows of a window of a level, (H, W, 3); black where nothing was measured."""
    values, _ = read_values(scene, window, shown_bands(scene), level=level)
    return np.rint(values.transpose(1, 2, 0) * 255).astype(np.uint8)


def overlaid(
    picture: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], scheme: Scheme
) -> npt.NDArray[np.uint8]:
    """Return a picture (H, W, 3) with labels (H, W) in their colours, background classes left out."""
    table = colour_table(scheme)
    shown = (labels != IGNORED) & ~np.isin(labels, scheme.background_ids)
    blended = picture * (1 - _OPACITY) + table[labels][..., :3] * _OPACITY
    return np.where(shown[..., None], blended, picture).astype(np.uint8)


def data_uri(picture: npt.NDArray[np.uint8]) -> str:
    """Return a picture as text for a page that needs no other file."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
