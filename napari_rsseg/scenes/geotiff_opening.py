"""Opens a TIFF with tifffile, and lets GDAL add what only GDAL reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_rsseg.scenes.building import OpenedRaster
from napari_rsseg.scenes.fingerprint import fingerprint_of
from napari_rsseg.scenes.geotiff import GeoTiff, beside
from napari_rsseg.scenes.palette_source import expanded

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes.facts import RasterFacts

__all__ = ["open_geotiff"]

_WORLD_FILES = (".tfw", ".tifw", ".tiffw", ".wld")


def open_geotiff(path: Path) -> OpenedRaster:
    """Open a TIFF, GeoTIFF, COG or BigTIFF.

    Raises
    ------
    SceneError
        When it is damaged, or declares what it cannot hold.
    """
    pixels = GeoTiff(path)
    facts, incomplete = pixels.facts()
    if incomplete or (not facts.georeference.is_georeferenced and _has_sidecar(path)):
        facts = _with_gdal_georeference(path, facts)
    opened = OpenedRaster(pixels=pixels, facts=facts, fingerprint=fingerprint_of(path), dataset=str(path))
    return opened if pixels.palette is None else expanded(opened, pixels.palette)


def _has_sidecar(path: Path) -> bool:
    names = [path.with_suffix(suffix).name for suffix in _WORLD_FILES]
    return any(beside(path, name) for name in [*names, path.name + ".aux.xml"])


def _with_gdal_georeference(path: Path, facts: RasterFacts) -> RasterFacts:
    from napari_rsseg.scenes.gdal_raster import gdal_georeference

    found = gdal_georeference(str(path))
    if found is None:
        return facts
    return replace(facts, georeference=replace(found, geokeys=facts.georeference.geokeys))
