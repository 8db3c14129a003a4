"""Tags that give a written GeoTIFF its place on the map and say how it was made."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from napari_rsseg.scenes.tiff_entries import Entry, geo_entries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_rsseg.scenes.scene import Georeference

__all__ = ["georeference_entries", "metadata_entry", "needs_sidecar_crs"]

_TRANSFORM_TAGS = frozenset({33550, 33922, 34264})
_KEY_TAGS = frozenset({34735, 34736, 34737})
_BAND_ROLES = frozenset({"description", "scale", "offset", "unittype"})
_RASTER_TYPE_KEY, _PIXEL_IS_POINT = 1025, 2


def georeference_entries(georeference: Georeference) -> tuple[Entry, ...]:
    """Return the GeoTIFF tags of a place on the map.

    The source's own tags are repeated unchanged where it has some, also where no library understands them;
    else they are made from the CRS and the affine.
    """
    tags = dict(georeference.geokeys)
    if not _KEY_TAGS.intersection(tags) and georeference.crs_wkt is not None:
        tags.update(_geokeys_of(georeference.crs_wkt))
    if not _TRANSFORM_TAGS.intersection(tags) and georeference.affine != (1.0, 0.0, 0.0, 0.0, 1.0, 0.0):
        tags.update(_transform_tags(georeference.affine, point=_is_point(tags)))
    return tuple(geo_entries(tags))


def needs_sidecar_crs(georeference: Georeference) -> bool:
    """Whether the CRS has no GeoTIFF keys and must be written as text beside the file."""
    if georeference.crs_wkt is None or _KEY_TAGS.intersection(georeference.geokeys):
        return False
    return not _geokeys_of(georeference.crs_wkt)


def metadata_entry(items: Mapping[str, str], bands: Sequence[Mapping[str, str]] = ()) -> tuple[Entry, ...]:
    """Return GDAL's metadata tag.

    Parameters
    ----------
    items : mapping
        Of the file.
    bands : sequence of mapping
        Of each band; ``description``, ``scale``, ``offset`` and ``unittype`` have a meaning of their own.
    """
    root = ET.Element("GDALMetadata")
    # GDAL unescapes values once more after parsing, so they are escaped once before
    for name, value in items.items():
        ET.SubElement(root, "Item", name=name).text = escape(value)
    for sample, band in enumerate(bands):
        for name, value in band.items():
            role = {"role": name} if name in _BAND_ROLES else {}
            ET.SubElement(root, "Item", {"name": name.upper(), "sample": str(sample), **role}).text = escape(
                value
            )
    return (Entry(42112, "ascii", ET.tostring(root, encoding="unicode")),) if len(root) else ()


def _geokeys_of(wkt: str) -> dict[int, tuple[float | int | str, ...]]:
    """Let GDAL express a CRS as GeoTIFF keys; empty where it cannot."""
    import io

    import rasterio
    from rasterio.crs import CRS
    from rasterio.errors import CRSError
    from rasterio.io import MemoryFile
    from tifffile import TiffFile

    from napari_rsseg.scenes.geotiff_tags import raw_geokeys

    try:
        crs = CRS.from_wkt(wkt)
    except CRSError:
        return {}
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", height=1, width=1, count=1, dtype="uint8", crs=crs,
            transform=rasterio.transform.Affine(2.0, 0.0, 0.0, 0.0, -2.0, 0.0),
        ):  # fmt: skip
            pass  # an empty file carries the keys
        with TiffFile(io.BytesIO(memory.read())) as tiff:
            raw = raw_geokeys(tiff.pages.first)
    return {tag: values for tag, values in raw.items() if tag in _KEY_TAGS}


def _is_point(tags: Mapping[int, tuple[float | int | str, ...]]) -> bool:
    directory = tags.get(34735, ())
    return (_RASTER_TYPE_KEY, _PIXEL_IS_POINT) in zip(directory[4::4], directory[7::4], strict=False)


def _transform_tags(
    affine: tuple[float, float, float, float, float, float], *, point: bool
) -> dict[int, tuple[float | int | str, ...]]:
    a, b, c, d, e, f = affine
    if point:  # such files count from the middle of the first pixel
        c, f = c + (a + b) / 2, f + (d + e) / 2
    if b == 0 and d == 0 and a > 0 and e < 0:
        return {33550: (a, -e, 0.0), 33922: (0.0, 0.0, 0.0, c, f, 0.0)}
    return {34264: (a, b, 0.0, c, d, e, 0.0, f, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)}
