"""Numbers of a scene as values, with where they were measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.raster import RasterScene

if TYPE_CHECKING:
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window

__all__ = ["read_values"]


def read_values(
    scene: Scene, window: Window, bands: tuple[int, ...], *, level: int = 0, display: bool = True
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Read a window through the scene's radiometry.

    Parameters
    ----------
    scene : Scene
        The scene.
    window : Window
        Inside the level.
    bands : tuple of int
        Indices of the bands, in the order wanted.
    level : int
        Level of the pyramid.
    display : bool
        True: what a screen shows, 0 to 1; False: the linear value (reflectance where the radiometry is
        ``scale``).

    Returns
    -------
    values : ndarray, (len(bands), height, width), float32
        0 where nothing was measured.
    valid : ndarray, (height, width), bool
        Where these bands were measured.

    Raises
    ------
    SceneError
        When the window leaves the level, or the file is damaged there.
    """
    numbers = scene.read(window, level=level, bands=bands)
    if isinstance(scene, RasterScene):
        valid = scene.validity(numbers, window, level=level, bands=bands)
    else:
        valid = scene.valid(window, level=level)
    values = scene.radiometry.apply(numbers, bands, display=display)
    valid &= np.isfinite(values).all(axis=0)
    values[:, ~valid] = 0
    return values, valid
