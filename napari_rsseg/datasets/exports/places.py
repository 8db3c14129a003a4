"""Where chips lie: georeferenced pictures, footprints in longitude and latitude."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.datasets.chips import georeference_of
from napari_rsseg.scenes.georeferencing import map_to_lonlat, pixel_to_map
from napari_rsseg.scenes.scene import Georeference
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.datasets.chips import Chip
    from napari_rsseg.datasets.version import Version

__all__ = ["chip_place", "footprint", "write_rgb_tiff"]


def chip_place(version: Version, chip: Chip) -> Georeference:
    """Return the place of a chip on the map."""
    source = version.sources[chip.scene]
    return georeference_of(Georeference(source["crs_wkt"], tuple(source["affine"])), chip.window)


def footprint(version: Version, chip: Chip) -> list[list[float]] | None:
    """Return the closed ring of a chip's corners as longitude and latitude; None without a CRS."""
    place = chip_place(version, chip)
    height, width = Window.of(*chip.window.shape).shape
    corners = ((height, 0), (height, width), (0, width), (0, 0), (height, 0))
    ring = [map_to_lonlat(place, *pixel_to_map(place, row, column)) for row, column in corners]
    return None if None in ring else [list(point) for point in ring if point is not None]


def write_rgb_tiff(path: Path, picture: npt.NDArray[np.uint8], version: Version, chip: Chip) -> None:
    """Write red, green and blue, (rows, columns, 3), as a GeoTIFF that readers of plain pictures open too."""
    import rasterio
    from rasterio.crs import CRS
    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.transform import Affine

    place = chip_place(version, chip)
    placed = {} if place.crs_wkt is None else {"crs": CRS.from_wkt(place.crs_wkt)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver="GTiff", height=picture.shape[0], width=picture.shape[1], count=3,
            dtype="uint8", photometric="RGB", interleave="pixel", compress="deflate",
            **(placed and {**placed, "transform": Affine(*place.affine)}),
        ) as file:  # fmt: skip
            file.write(np.moveaxis(picture, -1, 0))
