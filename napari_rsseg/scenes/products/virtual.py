"""Many files on several grids as one raster: a GDAL virtual dataset on the finest grid."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.gdal_access import GridFacts, grid_facts

__all__ = ["ProductBand", "virtual_raster"]

_GDAL_TYPES = {
    "uint8": "Byte", "int8": "Int8", "uint16": "UInt16", "int16": "Int16", "uint32": "UInt32",
    "int32": "Int32", "float32": "Float32", "float64": "Float64",
}  # fmt: skip


@dataclass(frozen=True)
class ProductBand:
    """One band of a product.

    Attributes
    ----------
    name : str
        As the product calls it.
    source : str
        What GDAL opens.
    nodata : float or None
        Number that stands for "nothing measured".
    """

    name: str
    source: str
    nodata: float | None = 0.0


def virtual_raster(
    bands: list[ProductBand], shown: str, *, grid: GridFacts | None = None
) -> tuple[str, GridFacts]:
    """Return the text of a virtual dataset of all bands, and the grid that it lies on.

    Coarser bands are enlarged by repeating pixels, so that every number is one the product holds.

    Parameters
    ----------
    bands : list of ProductBand
        Bands in the order wanted.
    shown : str
        What error messages call the product.
    grid : GridFacts, optional
        Grid of the result; default: of the band with the smallest pixels.

    Raises
    ------
    SceneError
        When a band cannot be opened, or lies in another CRS.
    """
    grids = [grid_facts(band.source, shown) for band in bands]
    target = grid or min(grids, key=lambda facts: (abs(facts.transform[1]), -len(facts.overviews)))
    root = ET.Element("VRTDataset", rasterXSize=str(target.width), rasterYSize=str(target.height))
    if target.crs_wkt:
        ET.SubElement(root, "SRS").text = target.crs_wkt
    ET.SubElement(root, "GeoTransform").text = ", ".join(repr(value) for value in target.transform)
    for number, (band, facts) in enumerate(zip(bands, grids, strict=True), start=1):
        if facts.crs_wkt != target.crs_wkt:
            raise SceneError(
                f"Band {band.name} of {shown} lies in another reference system than the others.",
                "Download the product again.",
            )
        _add_band(root, number, band, (facts, target))
    if target.overviews:
        ET.SubElement(root, "OverviewList").text = " ".join(map(str, target.overviews))
    return ET.tostring(root, encoding="unicode"), target


def _add_band(root: ET.Element, number: int, band: ProductBand, grids: tuple[GridFacts, GridFacts]) -> None:
    own, target = grids
    element = ET.SubElement(root, "VRTRasterBand", dataType=_GDAL_TYPES[own.dtype], band=str(number))
    ET.SubElement(element, "Description").text = band.name
    if band.nodata is not None:
        ET.SubElement(element, "NoDataValue").text = repr(band.nodata)
    source = ET.SubElement(element, "ComplexSource" if band.nodata is not None else "SimpleSource")
    source.set("resampling", "nearest")
    ET.SubElement(source, "SourceFilename", relativeToVRT="0").text = band.source
    ET.SubElement(source, "SourceBand").text = "1"
    _rectangle(source, "SrcRect", (0.0, 0.0, float(own.width), float(own.height)))
    left, across, _, top, _, down = own.transform
    x0, pixel_x, _, y0, _, pixel_y = target.transform
    _rectangle(
        source,
        "DstRect",
        (
            (left - x0) / pixel_x,
            (top - y0) / pixel_y,
            own.width * across / pixel_x,
            own.height * down / pixel_y,
        ),
    )
    if band.nodata is not None:
        ET.SubElement(source, "NODATA").text = repr(band.nodata)


def _rectangle(parent: ET.Element, name: str, sides: tuple[float, float, float, float]) -> None:
    keys = ("xOff", "yOff", "xSize", "ySize")
    ET.SubElement(parent, name, {key: repr(side) for key, side in zip(keys, sides, strict=True)})
