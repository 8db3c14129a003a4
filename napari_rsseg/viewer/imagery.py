"""Pictures of a scene: what its radiometry makes of three bands, or an index of two, as lazy pyramids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    import dask.array

    from napari_rsseg.scenes.scene import BandRole, Scene

__all__ = ["COMPOSITES", "INDICES", "Picture", "picture_of", "pictures_of", "pyramid"]

CHUNK_PX = 512
EAGER_PX = 1024
"""Levels up to this side are computed at once, so that the first frame finds them in memory."""

Values = npt.NDArray[np.float32]

COMPOSITES: dict[str, tuple[BandRole, BandRole, BandRole]] = {
    "True colour": ("red", "green", "blue"),
    "False colour (near infrared)": ("nir", "red", "green"),
    "Short-wave infrared": ("swir2", "nir", "red"),
    "Agriculture": ("swir1", "nir", "blue"),
}
"""Three bands shown as red, green and blue, by name."""


def _difference(first: Values, second: Values) -> Values:
    total = first + second
    return np.divide(first - second, total, out=np.zeros_like(total), where=np.abs(total) > 1e-6)


def _excess_green(red: Values, green: Values, blue: Values) -> Values:
    total = red + green + blue
    excess = 2 * green - red - blue
    return np.divide(excess, total, out=np.zeros_like(total), where=np.abs(total) > 1e-6)


def _brightness(red: Values, green: Values, blue: Values) -> Values:
    return (red + green + blue) * np.float32(2 / 3) - np.float32(1)


INDICES: dict[str, tuple[tuple[BandRole, ...], Callable[..., Values]]] = {
    "NDVI (vegetation)": (("nir", "red"), _difference),
    "NDWI (water)": (("green", "nir"), _difference),
    "ExG (green plants)": (("red", "green", "blue"), _excess_green),
    "Brightness": (("red", "green", "blue"), _brightness),
}
"""Bands and formula of each index, -1 to 1, computed from linear values of the radiometry."""


@dataclass(frozen=True)
class Picture:
    """One way to show a scene.

    Attributes
    ----------
    name : str
        As in the list of pictures.
    bands : tuple of int
        Bands that are read, in order.
    formula : callable or None
        Index of the linear values of these bands; None: shown as they are (three as colours, one as grey).
    """

    name: str
    bands: tuple[int, ...]
    formula: Callable[..., Values] | None = None

    @property
    def is_colour(self) -> bool:
        """Whether three bands are shown as red, green and blue."""
        return self.formula is None and len(self.bands) == 3


def pictures_of(scene: Scene) -> tuple[Picture, ...]:
    """Return all pictures whose bands the scene has; the first is the one to open with.

    A scene whose bands have no role is shown by its first three bands, or the first alone in grey; each band
    alone comes last.
    """
    found: dict[str | None, int] = {}
    for index, band in enumerate(scene.bands):
        found.setdefault(band.role, index)
    pictures = [
        Picture(name, tuple(found[role] for role in roles))
        for name, roles in COMPOSITES.items()
        if all(role in found for role in roles)
    ]
    if not any(picture.name == "True colour" for picture in pictures):
        count = 3 if len(scene.bands) >= 3 else 1
        pictures.insert(0, Picture("First bands", tuple(range(count))))
    pictures += [
        Picture(name, tuple(found[role] for role in roles), formula)
        for name, (roles, formula) in INDICES.items()
        if all(role in found for role in roles)
    ]
    return (*pictures, *(Picture(f"Band {band.name}", (index,)) for index, band in enumerate(scene.bands)))


def picture_of(scene: Scene, name: str) -> Picture:
    """Return the picture of that name, or the one to open with where the scene lacks its bands."""
    pictures = pictures_of(scene)
    return next((picture for picture in pictures if picture.name == name), pictures[0])


def _block(scene: Scene, picture: Picture, level: int, window: Window) -> npt.NDArray[np.uint8]:
    """Return RGBA of a window of a level, (height, width, 4); transparent where nothing was measured."""
    values = scene.read(window, level=level, bands=picture.bands)
    valid = scene.valid(window, level=level)
    linear = scene.radiometry.apply(values, picture.bands, display=picture.formula is None)
    linear = np.where(valid, np.nan_to_num(linear), np.float32(0))
    if picture.formula is not None:
        linear = ((picture.formula(*linear) + np.float32(1)) / 2)[None]
    shown = (np.clip(linear, 0, 1) * 255 + 0.5).astype(np.uint8)
    colours = np.empty((*valid.shape, 4), dtype=np.uint8)
    colours[..., :3] = np.moveaxis(shown, 0, -1)  # a single band spreads over the three colours
    colours[..., 3] = np.where(valid, 255, 0)
    return colours


def _lazy_level(scene: Scene, picture: Picture, level: int) -> dask.array.Array:
    import dask.array as da

    size = scene.levels[level]

    def load(block_info: dict[None, dict[str, list[tuple[int, int]]]]) -> npt.NDArray[np.uint8]:
        (row_start, row_stop), (column_start, column_stop) = block_info[None]["array-location"][:2]
        return _block(scene, picture, level, Window(row_start, row_stop, column_start, column_stop))

    chunks = da.core.normalize_chunks(
        (CHUNK_PX, CHUNK_PX, 4), shape=(size.height, size.width, 4), dtype=np.uint8
    )
    return da.map_blocks(load, chunks=chunks, dtype=np.uint8, meta=np.empty((0, 0, 0), np.uint8))


def pyramid(scene: Scene, picture: Picture) -> list[npt.NDArray[np.uint8] | dask.array.Array]:
    """Return RGBA levels of a picture, (height, width, 4) each, finest first.

    Each pixel has passed the scene's radiometry, the same for every tile and the same that a model sees, and
    is transparent where nothing was measured. Coarse levels are computed here, the others when looked at.
    """
    levels: list[npt.NDArray[np.uint8] | dask.array.Array] = []
    for index, size in enumerate(scene.levels):
        lazy = _lazy_level(scene, picture, index)
        small = max(size.height, size.width) <= EAGER_PX
        levels.append(np.asarray(lazy.compute(scheduler="synchronous")) if small else lazy)
    return levels
