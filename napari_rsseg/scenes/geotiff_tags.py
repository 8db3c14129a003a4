"""GeoTIFF and GDAL tags: place on the map, band descriptions, nodata."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.georeferencing import parsed_crs
from napari_rsseg.scenes.scene import Georeference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tifffile import TiffPage

__all__ = ["GEO_TAGS", "GdalItems", "gdal_items", "georeference_of", "nodata_of", "raw_geokeys"]

PIXEL_SCALE, TIEPOINTS, MATRIX, GEOKEYS, GEO_DOUBLES, GEO_TEXT = 33550, 33922, 34264, 34735, 34736, 34737
GDAL_METADATA, GDAL_NODATA = 42112, 42113
GEO_TAGS = (PIXEL_SCALE, TIEPOINTS, MATRIX, GEOKEYS, GEO_DOUBLES, GEO_TEXT)

_MODEL_TYPE, _RASTER_TYPE, _GEOGRAPHIC, _PROJECTED = 1024, 1025, 2048, 3072
_PIXEL_IS_POINT = 2
_USER_DEFINED = 32767
# keys that change what the code alone would say
_OVERRIDES = frozenset({2050, 2052, 2054, 2055, 2056, 2057, 2058, 2059, 2060, 2061, 3074, 3075, 3076})
_HARMLESS = frozenset({2054, 2057, 2059, 3076})


def _values(page: TiffPage, code: int) -> tuple[float | int | str, ...]:
    tag = page.tags.get(code)
    if tag is None:
        return ()
    value = tag.value
    if isinstance(value, (str, int, float)):
        return (value,)
    return tuple(value) if isinstance(value, (tuple, list)) else ()


def _numbers(page: TiffPage, code: int) -> tuple[float, ...]:
    return tuple(float(value) for value in _values(page, code) if not isinstance(value, str))


def raw_geokeys(page: TiffPage) -> dict[int, tuple[float | int | str, ...]]:
    """Return the GeoTIFF tags as they stand, by tag number, to be written back unchanged."""
    return {code: values for code in GEO_TAGS if (values := _values(page, code))}


def geokey_directory(page: TiffPage) -> dict[int, int | float | str]:
    """Return the geokeys by key number."""
    directory = [int(value) for value in _numbers(page, GEOKEYS)]
    doubles = _numbers(page, GEO_DOUBLES)
    text = "".join(str(value) for value in _values(page, GEO_TEXT))
    keys: dict[int, int | float | str] = {}
    for start in range(4, len(directory) - 3, 4):
        key, place, count, value = directory[start : start + 4]
        if place == 0:
            keys[key] = value
        elif place == GEO_DOUBLES and value < len(doubles):
            keys[key] = doubles[value]
        elif place == GEO_TEXT:
            keys[key] = text[value : value + count].rstrip("|\x00")
    return keys


def georeference_of(page: TiffPage) -> tuple[Georeference, bool]:
    """Return the place on the map, and whether its CRS is more than a code and must be read by GDAL."""
    keys = geokey_directory(page)
    affine = _affine(page, point=keys.get(_RASTER_TYPE) == _PIXEL_IS_POINT)
    code = keys.get(_PROJECTED, keys.get(_GEOGRAPHIC))
    raw = raw_geokeys(page)
    if not keys:
        return Georeference(affine=affine, geokeys=raw), False
    if _is_plain(keys) and isinstance(code, int):
        try:
            wkt = parsed_crs(f"EPSG:{code}").to_wkt()
        except SceneError:
            return Georeference(affine=affine, geokeys=raw), True
        return Georeference(crs_wkt=wkt, affine=affine, geokeys=raw), False
    return Georeference(affine=affine, geokeys=raw), True


def _is_plain(keys: Mapping[int, int | float | str]) -> bool:
    code = keys.get(_PROJECTED, keys.get(_GEOGRAPHIC))
    if not isinstance(code, int) or not 1024 <= code < _USER_DEFINED:
        return False
    metre, degree = 9001, 9102
    units = keys.get(3076, metre) == metre and keys.get(2054, degree) == degree
    return units and not (_OVERRIDES - _HARMLESS).intersection(keys) and 4096 not in keys


def _affine(page: TiffPage, *, point: bool) -> tuple[float, float, float, float, float, float]:
    """Return a, b, c, d, e, f; a point raster is shifted by half a pixel so that the affine is of corners."""
    matrix, scale, tie = (_numbers(page, code) for code in (MATRIX, PIXEL_SCALE, TIEPOINTS))
    if len(matrix) >= 8:
        a, b, c, d, e, f = matrix[0], matrix[1], matrix[3], matrix[4], matrix[5], matrix[7]
    elif len(scale) >= 2 and len(tie) >= 6 and scale[0] and scale[1]:
        a, b, d, e = scale[0], 0.0, 0.0, -scale[1]
        c, f = tie[3] - tie[0] * scale[0], tie[4] + tie[1] * scale[1]
    else:
        return (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    if point:
        c, f = c - (a + b) / 2, f - (d + e) / 2
    return (a, b, c, d, e, f)


def nodata_of(page: TiffPage) -> float | None:
    """Return the number for "nothing measured"."""
    text = "".join(str(value) for value in _values(page, GDAL_NODATA)).strip("\x00 ")
    try:
        return float(text.split()[0]) if text else None
    except ValueError:
        return None


@dataclass
class GdalItems:
    """Items of the GDAL metadata tag: of the file by name, and of each band by role or name, lower case."""

    dataset: dict[str, str] = field(default_factory=dict)
    bands: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))


def gdal_items(page: TiffPage) -> GdalItems:
    """Return the GDAL metadata of a page; empty where there is none or it is no XML."""
    items = GdalItems()
    text = "".join(str(value) for value in _values(page, GDAL_METADATA)).strip("\x00 \n")
    if not text:
        return items
    try:
        root = ET.fromstring(text)
    except ET.ParseError:
        return items
    for item in root.iter("Item"):
        name, sample, value = item.get("name", ""), item.get("sample"), (item.text or "").strip()
        if sample is None:
            items.dataset[name.upper()] = value
        elif sample.isdecimal():
            items.bands[int(sample)][(item.get("role") or name).lower()] = value
    return items
