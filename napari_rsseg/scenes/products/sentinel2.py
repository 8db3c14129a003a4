"""Sentinel-2 level 1C and 2A: a ``.SAFE`` folder, or its zip, as one scene."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.bands import SENSORS
from napari_rsseg.scenes.products.assembling import BandScale, ProductExtra, ProductParts
from napari_rsseg.scenes.products.virtual import ProductBand

if TYPE_CHECKING:
    from napari_rsseg.scenes.products.members import ProductFiles

__all__ = ["SCENE_CLASSES", "sentinel2_parts"]

BAND_NAMES = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
SCENE_CLASSES = {
    0: "no data", 1: "saturated or defective", 2: "dark area", 3: "cloud shadow", 4: "vegetation",
    5: "not vegetated", 6: "water", 7: "unclassified", 8: "cloud, medium probability",
    9: "cloud, high probability", 10: "thin cirrus", 11: "snow or ice",
}  # fmt: skip
_IMAGE = re.compile(r"_(B\d\d|B8A)(?:_(\d\d)m)?\.(?:jp2|tif)$", re.IGNORECASE)
_LAYER = re.compile(r"_(SCL)_(\d\d)m\.(?:jp2|tif)$|MSK_(CLDPRB)_(\d\d)m\.(?:jp2|tif)$", re.IGNORECASE)
_OFFSET_SINCE_BASELINE = 4.0
_OFFSET = -1000.0
_QUANTIFICATION = 10_000.0


def sentinel2_parts(files: ProductFiles) -> ProductParts | None:
    """Return the parts of a Sentinel-2 product; None where the files are none.

    Reflectance = (number + offset) / 10 000; the offset of -1000 came with processing baseline 04.00 and is
    read from the metadata, or else concluded from the baseline.

    Raises
    ------
    SceneError
        When the metadata are there, but damaged, or the images are missing.
    """
    metadata = [name for name in files.ending(".xml") if re.search(r"MTD_MSIL(1C|2A)\.xml$", name)]
    if not metadata:
        return None
    top = min(metadata, key=lambda name: name.count("/"))
    root = _parsed(files, top)
    images = _finest(files, _IMAGE)
    if not images:
        raise SceneError(f"{files.root} is a Sentinel-2 product without images.", "Download it again.")
    names = [name for name in BAND_NAMES if name in images]
    offsets = _offsets(root)
    quantification = _number(root, "BOA_QUANTIFICATION_VALUE", "QUANTIFICATION_VALUE") or _QUANTIFICATION
    scales = [
        BandScale(low=-offsets[name], high=quantification - offsets[name], gain=1 / quantification)
        for name in names
    ]
    roles = SENSORS["sentinel2"].bands
    return ProductParts(
        bands=[ProductBand(name, files.gdal_path(images[name])) for name in names],
        roles=[roles[name.lower().replace("b0", "b")] for name in names],
        scales=scales,
        sensor="sentinel2",
        acquired=_text(root, "PRODUCT_START_TIME", "DATATAKE_SENSING_START"),
        extras=_extras(files),
        metadata_names=[top],
    )


def _parsed(files: ProductFiles, name: str) -> ET.Element:
    try:
        return ET.fromstring(files.text(name))
    except ET.ParseError as error:
        raise SceneError(
            f"{name} in {files.root} is no valid XML ({error}).", "Download the product again."
        ) from error


def _finest(files: ProductFiles, pattern: re.Pattern[str]) -> dict[str, str]:
    """Return the file of the smallest pixels by band name."""
    found: dict[str, tuple[int, str]] = {}
    for name in files.names:
        if "/IMG_DATA/" not in f"/{name}" and "/QI_DATA/" not in f"/{name}":
            continue
        match = pattern.search(PurePosixPath(name).name)
        if match is None:
            continue
        band, metres = [group for group in match.groups() if group] + ([] if match.lastindex != 1 else ["0"])
        if band.upper() not in found or int(metres) < found[band.upper()][0]:
            found[band.upper()] = (int(metres), name)
    return {band: name for band, (_, name) in found.items()}


def _extras(files: ProductFiles) -> list[ProductExtra]:
    layers = _finest(files, _LAYER)
    return [
        ProductExtra(
            name=key,
            source=files.gdal_path(layers[key]),
            classes=SCENE_CLASSES if key == "SCL" else {},
            bits={},
        )
        for key in ("SCL", "CLDPRB")
        if key in layers
    ]


def _offsets(root: ET.Element) -> dict[str, float]:
    """Return the number added to each band's numbers before they are divided."""
    listed = {
        int(element.get("band_id", "-1")): float(element.text or 0)
        for element in root.iter()
        if _tag(element) in ("BOA_ADD_OFFSET", "RADIO_ADD_OFFSET") and element.get("band_id", "").isdecimal()
    }
    baseline = _number(root, "PROCESSING_BASELINE") or 0.0
    usual = _OFFSET if not listed and baseline >= _OFFSET_SINCE_BASELINE and baseline < 90 else 0.0
    return {name: listed.get(index, usual) for index, name in enumerate(BAND_NAMES)}


def _tag(element: ET.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _text(root: ET.Element, *names: str) -> str | None:
    for name in names:
        for element in root.iter():
            if _tag(element) == name and element.text:
                return element.text.strip()
    return None


def _number(root: ET.Element, *names: str) -> float | None:
    text = _text(root, *names)
    try:
        return float(text) if text else None
    except ValueError:
        return None
