"""Pixels, map coordinates, longitude and latitude, and metres of the viewer's world."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.errors import SceneError

if TYPE_CHECKING:
    from pyproj import CRS, Transformer

    from napari_rsseg.scenes.scene import Georeference

__all__ = [
    "crs_label",
    "ground_sampling_distance",
    "map_to_lonlat",
    "map_to_pixel",
    "metres_per_unit",
    "pixel_to_map",
    "require_same_crs",
    "same_crs",
    "scene_corner",
    "world_affine",
]


@lru_cache(maxsize=64)
def parsed_crs(wkt: str) -> CRS:
    """Return the coordinate reference system of a WKT text or an ``EPSG:n`` code.

    Raises
    ------
    SceneError
        When it is none.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(wkt)
    except CRSError as error:
        raise SceneError(
            f"{wkt[:80]!r} is no coordinate reference system ({error}).",
            "Give an EPSG code such as EPSG:32633.",
        ) from error


def pixel_to_map(georeference: Georeference, row: float, column: float) -> tuple[float, float]:
    """Return map x and y of a point in pixels; (0, 0) is the outer corner of the first pixel."""
    a, b, c, d, e, f = georeference.affine
    return a * column + b * row + c, d * column + e * row + f


def map_to_pixel(georeference: Georeference, x: float, y: float) -> tuple[float, float]:
    """Return row and column, with fractions, of a map point; the inverse of ``pixel_to_map``.

    Raises
    ------
    SceneError
        When the affine has no inverse.
    """
    a, b, c, d, e, f = georeference.affine
    determinant = a * e - b * d
    if determinant == 0:
        raise SceneError(
            f"The affine {georeference.affine} maps all pixels to a line.", "Georeference the file anew."
        )
    right, down = x - c, y - f
    return (a * down - d * right) / determinant, (e * right - b * down) / determinant


@lru_cache(maxsize=64)
def _to_lonlat(wkt: str) -> Transformer:
    from pyproj import Transformer

    return Transformer.from_crs(parsed_crs(wkt), parsed_crs("EPSG:4326"), always_xy=True)


def map_to_lonlat(georeference: Georeference, x: float, y: float) -> tuple[float, float] | None:
    """Return longitude and latitude in degrees (WGS 84); None without a CRS or outside of its reach."""
    if georeference.crs_wkt is None:
        return None
    longitude, latitude = _to_lonlat(georeference.crs_wkt).transform(x, y)
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        return None
    return float(longitude), float(latitude)


def metres_per_unit(georeference: Georeference, x: float, y: float) -> tuple[float, float] | None:
    """Return metres per map unit along x and y at a map point; None without a CRS.

    Degrees follow the ellipsoid: the radius of the parallel along x, of the meridian along y.
    """
    if georeference.crs_wkt is None:
        return None
    crs = parsed_crs(georeference.crs_wkt)
    factors = [axis.unit_conversion_factor for axis in crs.axis_info[:2]]
    if not crs.is_geographic:
        return (float(factors[0] or 1.0), float(factors[1] or 1.0)) if len(factors) == 2 else (1.0, 1.0)
    radians = float(factors[0]) if factors else math.pi / 180
    ellipsoid = crs.ellipsoid
    major = float(ellipsoid.semi_major_metre) if ellipsoid else 6_378_137.0
    minor = float(ellipsoid.semi_minor_metre) if ellipsoid else 6_356_752.314
    squared = 1 - (minor / major) ** 2
    latitude = max(min(y * radians, math.pi / 2), -math.pi / 2)
    bulge = 1 - squared * math.sin(latitude) ** 2
    east = major * math.cos(latitude) / math.sqrt(bulge)
    north = major * (1 - squared) / bulge**1.5
    return east * radians, north * radians


def ground_sampling_distance(georeference: Georeference, height: int, width: int) -> float | None:
    """Return the side of a square of a pixel's area in metres, at the centre; None without a CRS."""
    x, y = pixel_to_map(georeference, height / 2, width / 2)
    metres = metres_per_unit(georeference, x, y)
    if metres is None:
        return None
    a, b, _, d, e, _ = georeference.affine
    area = abs(a * e - b * d) * metres[0] * metres[1]
    return math.sqrt(area) if area > 0 and math.isfinite(area) else None


def scene_corner(georeference: Georeference) -> tuple[float, float]:
    """Return map x and y of the outer corner of the first pixel: the viewer's origin, of the first scene."""
    return pixel_to_map(georeference, 0, 0)


def world_affine(georeference: Georeference, origin: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Return the affine of a layer that shows the scene, (3, 3): pixel (row, column) to world (down, right).

    Parameters
    ----------
    georeference : Georeference
        Place of the scene on the map.
    origin : tuple of float
        Map x and y of the viewer's origin, the same for all layers (``scene_corner`` of the first scene).

    Returns
    -------
    ndarray, (3, 3), float64
        Metres from the origin, rows to the south and columns to the east; pixels where there is no CRS.
        Layers count from pixel centres, so that centre (0, 0) of a north-up scene lies half a pixel inside.
    """
    metres = metres_per_unit(georeference, *origin)
    if metres is None:
        return np.eye(3)
    a, b, c, d, e, f = georeference.affine
    east, north = metres
    x, y = c + (a + b) / 2 - origin[0], f + (d + e) / 2 - origin[1]
    return np.array([[-e * north, -d * north, -y * north], [b * east, a * east, x * east], [0.0, 0.0, 1.0]])


def same_crs(first: Georeference, second: Georeference) -> bool:
    """Whether map coordinates of both mean the same; two scenes without a CRS count as the same."""
    if first.crs_wkt is None or second.crs_wkt is None:
        return first.crs_wkt is second.crs_wkt
    if first.crs_wkt == second.crs_wkt:
        return True
    one, other = parsed_crs(first.crs_wkt), parsed_crs(second.crs_wkt)
    if one.equals(other, ignore_axis_order=True):
        return True
    code = one.to_epsg()
    return code is not None and code == other.to_epsg()


def crs_label(georeference: Georeference) -> str:
    """Return the name of the CRS as people write it: ``EPSG:32654``, else its title, else ``no CRS``."""
    if georeference.crs_wkt is None:
        return "no CRS"
    crs = parsed_crs(georeference.crs_wkt)
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.name)


def require_same_crs(first: Georeference, second: Georeference) -> None:
    """Refuse to show two scenes in one viewer whose coordinates do not mean the same.

    Raises
    ------
    SceneError
        When the reference systems differ.
    """
    if not same_crs(first, second):
        raise SceneError(
            f"The scenes lie in different reference systems, {crs_label(first)} and {crs_label(second)}.",
            "Open it with the Open button of Map classes, which offers to re-project it.",
        )
