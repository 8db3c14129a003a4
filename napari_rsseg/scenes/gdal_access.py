"""Opening with GDAL: its settings, its errors, and the grid of a file."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_rsseg.errors import SceneError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["GridFacts", "gdal_errors", "grid_facts", "rasterio_open"]

_OPTIONS = {
    "GDAL_HTTP_TIMEOUT": "30",
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_MAX_RETRY": "2",
    "GDAL_ERROR_ON_LIBJPEG_WARNING": "YES",  # cut off files
    "GDAL_CACHEMAX": 64 * 2**20,
}
_REMEDY = "Check that it is an image, and that it was copied or downloaded whole."


@contextlib.contextmanager
def gdal_errors(shown: str) -> Iterator[None]:
    """Turn what GDAL raises into the one sentence that users read."""
    import rasterio
    from rasterio.errors import RasterioError

    try:
        # on disk, sidecars are looked for (world files, .aux.xml, .ovr); by URL, each look is a request
        listing = "EMPTY_DIR" if "://" in shown else "FALSE"
        with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN=listing, **_OPTIONS):
            yield
    except (RasterioError, OSError, ValueError, MemoryError, OverflowError) as error:
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise SceneError(f"{shown} cannot be read: {reason[:400]}.", _REMEDY) from error


def rasterio_open(name: str, options: dict[str, int]) -> Any:
    """Return rasterio's dataset of a name, silent about a missing place on the map."""
    import warnings

    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():  # a scene without a place on the map is a scene
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(name, **options)


@dataclass(frozen=True)
class GridFacts:
    """Size, place and overview factors of a file's grid; the transform in GDAL's order of terms."""

    height: int
    width: int
    dtype: str
    transform: tuple[float, float, float, float, float, float]
    crs_wkt: str | None
    overviews: tuple[int, ...]


def grid_facts(name: str, shown: str) -> GridFacts:
    """Return the grid of what GDAL opens under a name.

    Raises
    ------
    SceneError
        When GDAL cannot.
    """
    with gdal_errors(shown), rasterio_open(name, {}) as dataset:
        return GridFacts(
            height=dataset.height,
            width=dataset.width,
            dtype=str(dataset.dtypes[0]),
            transform=dataset.transform.to_gdal(),
            crs_wkt=dataset.crs.to_wkt() if dataset.crs else None,
            overviews=tuple(dataset.overviews(1)),
        )
