"""Pictures of a scene: what its radiometry makes of three bands, or an index of two, as lazy pyramids."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes import read_values
from napari_rsseg.scenes.composites import COMPOSITES, INDICES, available, read_composite, read_index
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import dask.array

    from napari_rsseg.scenes.scene import Level, Scene

__all__ = ["FIRST", "Picture", "lazy_pyramid", "picture_of", "pictures_of", "pyramid"]

CHUNK_PX = 512
EAGER_PX = 1024
"""Levels up to this side are computed at once, so that the first frame finds them in memory."""

FIRST = "true-colour"
"""The picture that a scene opens with, where it has the bands."""


@dataclass(frozen=True)
class Picture:
    """One way to show a scene.

    Attributes
    ----------
    name, title : str
        Key, and the words in lists.
    bands : tuple of int
        Bands that are read, for pictures that are neither composite nor index: three as colours, one as grey.
    """

    name: str
    title: str
    bands: tuple[int, ...] = ()


def pictures_of(scene: Scene) -> tuple[Picture, ...]:
    """Return all pictures whose bands the scene has; the first is the one to open with.

    A scene whose bands have no role opens with its first three bands, or the first alone in grey; each band
    alone comes last.
    """
    composites, indices = available(scene)
    pictures = [Picture(name, COMPOSITES[name].title) for name in composites]
    if FIRST not in composites:
        count = 3 if len(scene.bands) >= 3 else 1
        pictures.insert(0, Picture("first-bands", "First bands", tuple(range(count))))
    pictures += [Picture(name, f"{INDICES[name].title}: {INDICES[name].meaning}") for name in indices]
    bands = (
        Picture(f"band-{index}", f"Band {band.name}", (index,)) for index, band in enumerate(scene.bands)
    )
    return (*pictures, *bands)


def picture_of(scene: Scene, name: str) -> Picture:
    """Return the picture of that name, or the one to open with where the scene lacks its bands."""
    pictures = pictures_of(scene)
    return next((picture for picture in pictures if picture.name == name), pictures[0])


def _colours(
    scene: Scene, picture: Picture, level: int, window: Window
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return what is shown of a window, (height, width, 1 or 3) from 0 to 1, and where it was measured."""
    if picture.name in COMPOSITES:
        return read_composite(scene, picture.name, window, level=level)
    if picture.name in INDICES:
        index = INDICES[picture.name]
        values, valid = read_index(scene, picture.name, window, level=level)
        return ((values - index.low) / (index.high - index.low))[..., None], valid
    values, valid = read_values(scene, window, picture.bands, level=level)
    return np.moveaxis(values, 0, 2), valid


def _block(scene: Scene, picture: Picture, level: int, window: Window) -> npt.NDArray[np.uint8]:
    """Return RGBA of a window of a level, (height, width, 4); transparent where nothing was measured."""
    values, valid = _colours(scene, picture, level, window)
    shown = np.clip(np.nan_to_num(values), 0, 1) * 255 + 0.5
    colours = np.empty((*valid.shape, 4), dtype=np.uint8)
    colours[..., :3] = shown.astype(np.uint8)  # a single number spreads over the three colours
    colours[..., 3] = np.where(valid, 255, 0)
    return colours


def _lazy_level(
    size: Level, read: Callable[[Window], npt.NDArray[Any]], dtype: npt.DTypeLike, channels: tuple[int, ...]
) -> dask.array.Array:
    import dask.array as da

    def load(block_info: dict[None, dict[str, list[tuple[int, int]]]]) -> npt.NDArray[Any]:
        (row_start, row_stop), (column_start, column_stop) = block_info[None]["array-location"][:2]
        return read(Window(row_start, row_stop, column_start, column_stop))

    shape = (size.height, size.width, *channels)
    chunks = da.core.normalize_chunks((CHUNK_PX, CHUNK_PX, *channels), shape=shape, dtype=dtype)
    lazy: dask.array.Array = da.map_blocks(
        load, chunks=chunks, dtype=dtype, meta=np.empty((0,) * len(shape), dtype)
    )
    return lazy


def lazy_pyramid(
    sizes: Sequence[Level],
    read: Callable[[Window, int], npt.NDArray[Any]],
    *,
    dtype: npt.DTypeLike,
    channels: tuple[int, ...] = (),
) -> list[npt.NDArray[Any] | dask.array.Array]:
    """Return levels, finest first; coarse ones are computed here, the others when looked at.

    Parameters
    ----------
    sizes : sequence of Level
        Of each level.
    read : callable
        Returns (height, width, *channels) of a window and a level.
    dtype : dtype
        Of what it returns.
    channels : tuple of int
        Size of what lies behind rows and columns.
    """
    levels: list[npt.NDArray[Any] | dask.array.Array] = []
    for index, size in enumerate(sizes):
        lazy = _lazy_level(size, partial(_read_level, read, index), dtype, channels)
        small = max(size.height, size.width) <= EAGER_PX
        levels.append(np.asarray(lazy.compute(scheduler="synchronous")) if small else lazy)
    return levels


def _read_level(
    read: Callable[[Window, int], npt.NDArray[Any]], level: int, window: Window
) -> npt.NDArray[Any]:
    return read(window, level)


def pyramid(scene: Scene, picture: Picture) -> list[npt.NDArray[np.uint8] | dask.array.Array]:
    """Return RGBA levels of a picture, (height, width, 4) each, finest first.

    Each pixel has passed the scene's radiometry, the same for every tile and the same that a model sees, and
    is transparent where nothing was measured. Coarse levels are computed here, the others when looked at.
    """

    def read(window: Window, level: int) -> npt.NDArray[np.uint8]:
        return _block(scene, picture, level, window)

    return lazy_pyramid(scene.levels, read, dtype=np.uint8, channels=(4,))
