"""The picture of a part of a scene as tools see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.editing.tools import Seen

if TYPE_CHECKING:
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window

__all__ = ["SEEN_PX", "see"]

SEEN_PX = 2048
"""Longest side of a picture: dividing a larger one takes too long to wait for."""


def see(scene: Scene, window: Window) -> Seen:
    """Read a window in natural colours, else in its first three bands.

    Raises
    ------
    SceneError
        When the window leaves the scene, or the file is damaged there.
    """
    from napari_rsseg.scenes.composites import available, read_composite
    from napari_rsseg.scenes.reading import read_values

    if "true-colour" in available(scene)[0]:
        image, _ = read_composite(scene, "true-colour", window)
        return Seen(window, np.ascontiguousarray(image))
    last = len(scene.bands) - 1
    values, _ = read_values(scene, window, (0, min(1, last), min(2, last)))
    return Seen(window, np.ascontiguousarray(np.moveaxis(values, 0, -1)))
