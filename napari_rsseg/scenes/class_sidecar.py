"""The ``.aux.xml`` beside a mask: class names and colours in the form that GDAL and QGIS show."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari_rsseg.scenes.replacing import output_errors, replacing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme

__all__ = ["replacing_sidecar", "sidecar_path", "sidecar_text"]

# columns of GDAL's raster attribute table: name, type (0 integer, 2 text), usage
_COLUMNS = (("Value", 0, 5), ("Class_Name", 2, 2), ("Red", 0, 6), ("Green", 0, 7), ("Blue", 0, 8))


def sidecar_path(path: Path) -> Path:
    """Return the name under which GDAL looks for what a raster's own format cannot say."""
    return path.with_name(path.name + ".aux.xml")


@contextmanager
def replacing_sidecar(sidecar: Path, text: str | None, *, of: Path) -> Iterator[None]:
    """Write a small file that belongs to the raster ``of``; it appears after that one, or not at all.

    Without a text, the sidecar of an older raster is removed: what it says would pass for the new one's.

    Raises
    ------
    OutputError
        When it cannot be written; it names the raster.
    """
    if text is None:
        yield
        with output_errors(of):
            sidecar.unlink(missing_ok=True)
        return
    with replacing(sidecar, overwrite=True, named=of) as temporary:
        temporary.write_text(text, encoding="utf-8")
        yield


def sidecar_text(scheme: Scheme | None, crs_wkt: str | None) -> str:
    """Return the XML."""
    root = ET.Element("PAMDataset")
    if crs_wkt is not None:
        ET.SubElement(root, "SRS").text = crs_wkt
    if scheme is not None:
        band = ET.SubElement(root, "PAMRasterBand", band="1")
        names = ET.SubElement(band, "CategoryNames")
        for name in scheme.names:
            ET.SubElement(names, "Category").text = name
        _add_attribute_table(band, scheme)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")


def _add_attribute_table(band: ET.Element, scheme: Scheme) -> None:
    table = ET.SubElement(band, "GDALRasterAttributeTable", tableType="thematic")
    for index, (name, kind, usage) in enumerate(_COLUMNS):
        column = ET.SubElement(table, "FieldDefn", index=str(index))
        for tag, text in (("Name", name), ("Type", str(kind)), ("Usage", str(usage))):
            ET.SubElement(column, tag).text = text
    for label, definition in enumerate(scheme.classes):
        row = ET.SubElement(table, "Row", index=str(label))
        channels = (str(int(definition.colour[start : start + 2], 16)) for start in (1, 3, 5))
        for text in (str(label), definition.name, *channels):
            ET.SubElement(row, "F").text = text
