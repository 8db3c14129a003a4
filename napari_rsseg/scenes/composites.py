"""Composites and indices by name: which roles they need, and what they make of values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.reading import read_values
from napari_rsseg.scenes.scene import band_indices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_rsseg.scenes.scene import BandRole, Scene
    from napari_rsseg.scenes.windows import Window

__all__ = ["COMPOSITES", "INDICES", "Composite", "Index", "available", "read_composite", "read_index"]

_Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Composite:
    """Three bands shown as red, green and blue.

    Attributes
    ----------
    title : str
        As shown in menus.
    roles : tuple of three band roles
        What is shown as red, green and blue.
    """

    title: str
    roles: tuple[BandRole, BandRole, BandRole]


@dataclass(frozen=True)
class Index:
    """One number per pixel, computed from the values of some bands.

    Attributes
    ----------
    title, meaning : str
        As shown in menus, and what high numbers stand for.
    roles : tuple of band roles
        Bands it needs.
    compute : callable
        From values (bands, height, width) to (height, width).
    low, high : float
        Range shown by default.
    """

    title: str
    meaning: str
    roles: tuple[BandRole, ...]
    compute: Callable[[_Values], _Values]
    low: float = -1.0
    high: float = 1.0


_Recipe = TypeVar("_Recipe", Composite, Index)


def _normalised_difference(values: _Values) -> _Values:
    """Return (first - second) / (first + second), within -1 to 1; 0 where both are 0."""
    first, second = values
    total = first + second
    quotient = np.divide(first - second, total, out=np.zeros_like(total), where=np.abs(total) > 1e-6)
    clipped: _Values = np.clip(quotient, -1, 1)
    return clipped


def _excess_green(values: _Values) -> _Values:
    """Return 2 g - r - b of chromatic coordinates (Woebbecke et al. 1995)."""
    red, green, blue = values
    total = red + green + blue
    chromatic: _Values = np.divide(
        2 * green - red - blue, total, out=np.zeros_like(total), where=total > 1e-6
    )
    return chromatic


def _mean(values: _Values) -> _Values:
    mean: _Values = values.mean(axis=0, dtype=np.float32)
    return mean


COMPOSITES: Mapping[str, Composite] = {
    "true-colour": Composite("True colour", ("red", "green", "blue")),
    "false-colour": Composite("False colour (near infrared)", ("nir", "red", "green")),
    "swir": Composite("Shortwave infrared", ("swir2", "nir", "red")),
    "swir1": Composite("Shortwave infrared 1", ("swir1", "nir", "red")),
}
INDICES: Mapping[str, Index] = {
    "ndvi": Index("NDVI", "living vegetation (Rouse et al. 1974)", ("nir", "red"), _normalised_difference),
    "ndwi": Index("NDWI", "open water (McFeeters 1996)", ("green", "nir"), _normalised_difference),
    "exg": Index(
        "ExG", "green plants, without near infrared", ("red", "green", "blue"), _excess_green, -0.5, 1.0
    ),
    "brightness": Index("Brightness", "bright ground and cloud", ("red", "green", "blue"), _mean, 0.0, 1.0),
}


def available(scene: Scene) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the composites and of the indices that the scene has the bands for."""
    present = {band.role for band in scene.bands}
    return (
        tuple(name for name, composite in COMPOSITES.items() if present.issuperset(composite.roles)),
        tuple(name for name, index in INDICES.items() if present.issuperset(index.roles)),
    )


def read_composite(
    scene: Scene, name: str, window: Window, *, level: int = 0
) -> tuple[_Values, npt.NDArray[np.bool_]]:
    """Return a composite of a window, (height, width, 3) from 0 to 1, and where it was measured.

    Raises
    ------
    SceneError
        When there is no such composite, or the scene lacks one of its bands.
    """
    composite = _named(COMPOSITES, name, "composite")
    values, valid = read_values(scene, window, band_indices(scene, composite.roles), level=level)
    return np.moveaxis(values, 0, 2), valid


def read_index(
    scene: Scene, name: str, window: Window, *, level: int = 0
) -> tuple[_Values, npt.NDArray[np.bool_]]:
    """Return an index of a window, (height, width), and where it was measured.

    It is computed from linear values: reflectance where the scene's radiometry is ``scale``; of a scene
    stretched by percentiles from the numbers as they stand, whose zero means no light.

    Raises
    ------
    SceneError
        When there is no such index, or the scene lacks one of its bands.
    """
    index = _named(INDICES, name, "index")
    bands = band_indices(scene, index.roles)
    values, valid = read_values(scene, window, bands, level=level, display=False)
    if scene.radiometry.kind == "percentile" and index.low < 0:
        values = scene.read(window, level=level, bands=bands).astype(np.float32)
        values[:, ~valid] = 0
    return index.compute(np.maximum(values, 0)), valid


def _named(table: Mapping[str, _Recipe], name: str, kind: str) -> _Recipe:
    if name not in table:
        raise SceneError(f"There is no {kind} {name!r}.", f"There are {', '.join(table)}.")
    return table[name]
