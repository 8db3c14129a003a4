"""Virtual datasets that warp a scene's file, written by GDAL."""

from __future__ import annotations

import contextlib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.gdal_access import gdal_errors, rasterio_open
from napari_rsseg.scenes.raster import RasterScene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_rsseg.scenes.scene import Scene

__all__ = ["write_warped"]


def write_warped(scene: Scene, wkt: str, resampling: str, path: Path) -> None:
    """Write the virtual dataset of a scene warped to a CRS, under a temporary name first.

    Raises
    ------
    SceneError
        When the scene is not read from a file, or GDAL cannot warp it.
    """
    if not isinstance(scene, RasterScene) or scene.dataset is None:
        raise SceneError(
            f"{scene.uri} is not read from a file, so it cannot be re-projected.",
            "Write it to a GeoTIFF and open that.",
        )
    with gdal_errors(scene.uri), _temporary(path) as draft:
        _copy(_source_name(scene.dataset, path), wkt, resampling, draft)
        _describe(draft, scene)


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    import tempfile

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / path.name
        yield draft
        draft.replace(path)


def _source_name(dataset: str, path: Path) -> str:
    """Return a name for what GDAL opens; the text of a virtual dataset is written beside the result."""
    if not dataset.lstrip().startswith("<"):
        return dataset if dataset.startswith("/vsi") else str(Path(dataset).resolve())
    source = path.with_suffix(".source.vrt")
    draft = source.with_suffix(".tmp")
    draft.write_text(dataset, encoding="utf-8")
    draft.replace(source)
    return str(source)


def _copy(source: str, wkt: str, resampling: str, draft: Path) -> None:
    from rasterio.enums import Resampling
    from rasterio.shutil import copy
    from rasterio.vrt import WarpedVRT

    with rasterio_open(source, {}) as dataset:
        has_alpha = any(colour.name == "alpha" for colour in dataset.colorinterp)
        needs_alpha = dataset.nodata is None and not has_alpha
        with WarpedVRT(dataset, crs=wkt, resampling=Resampling[resampling], add_alpha=needs_alpha) as warped:
            copy(warped, draft, driver="VRT")


def _describe(draft: Path, scene: RasterScene) -> None:
    """Add what the warp forgets: names of the bands and the date."""
    tree = ET.parse(draft)
    root = tree.getroot()
    if scene.acquired:
        metadata = ET.Element("Metadata")
        ET.SubElement(metadata, "MDI", key="ACQUISITIONDATETIME").text = scene.acquired
        root.insert(0, metadata)
    elements = root.findall("VRTRasterBand")
    for position, band in zip(scene.positions, scene.bands, strict=True):
        for old in elements[position].findall("Description"):
            elements[position].remove(old)
        description = ET.Element("Description")
        description.text = band.name
        elements[position].insert(0, description)
    tree.write(draft, encoding="utf-8")
