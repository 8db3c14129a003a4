"""Small rasters in true formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
import rasterio
from rasterio.transform import from_origin

from napari_rsseg.settings import data_folder

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt


class WriteTiff(Protocol):
    """Writes numbers (bands, height, width) with GDAL and returns the file."""

    def __call__(
        self, numbers: npt.NDArray[np.generic], name: str = "scene.tif", **profile: object
    ) -> Path: ...


@pytest.fixture
def write_tiff(tmp_path: Path) -> WriteTiff:
    def write(numbers: npt.NDArray[np.generic], name: str = "scene.tif", **profile: object) -> Path:
        path = tmp_path / name
        bands, height, width = numbers.shape
        usual = {"driver": "GTiff", "crs": "EPSG:32633", "transform": from_origin(500_000, 5_000_000, 10, 10)}
        size = {"count": bands, "height": height, "width": width, "dtype": numbers.dtype}
        with rasterio.open(path, "w", **{**usual, **size, **profile}) as dataset:
            dataset.write(numbers)
        return path

    return write


@pytest.fixture(scope="session")
def real_scene() -> Path:
    """Sentinel-2 after the Iburi earthquake: uint16, tiled, internal overviews, EPSG:4326, nodata 0."""
    path = data_folder() / "landslide/hokkaido_s2_weak/s2_iburi_post_event.tif"
    if not path.is_file():
        pytest.skip("RSSEG_DATA holds no real scenes")
    return path
