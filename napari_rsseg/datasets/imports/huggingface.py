"""Parquet files of Hugging Face ``datasets``: images and masks in one table."""

from __future__ import annotations

import io
import json
import re
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_rsseg.datasets.importing import LabelledImage
from napari_rsseg.datasets.imports.layouts import FoundSet
from napari_rsseg.datasets.mask_files import open_mask
from napari_rsseg.errors import DatasetError
from napari_rsseg.scenes.replacing import output_errors, replacing

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.datasets.label_map import LabelMap
    from napari_rsseg.datasets.mask_files import MaskFile
    from napari_rsseg.scenes.scene import Scene

__all__ = ["find_huggingface"]

_IMAGES = ("image", "img", "pixel_values")
_MASKS = ("annotation", "label", "labels", "mask", "segmentation_mask", "segmentation")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_ROWS = 32


def find_huggingface(files: list[Path], meaning: LabelMap, extract_to: Path) -> FoundSet:
    """Write the images of the tables to files, since scenes are files, and find their masks.

    A row with ``crs_wkt`` and ``affine`` becomes a GeoTIFF with its place on the map.

    Raises
    ------
    DatasetError
        When a table has no column of images, or none of masks.
    OutputError
        When the images cannot be written.
    """
    from pyarrow import parquet

    found: list[LabelledImage] = []
    for file in files:
        table = parquet.ParquetFile(file)
        names = table.schema_arrow.names
        image = next((name for name in _IMAGES if name in names), None)
        mask = next((name for name in _MASKS if name in names), None)
        if image is None or mask is None:
            raise DatasetError(
                f"{file} has the columns {', '.join(names)}, none of images and masks.",
                f"Name them {_IMAGES[0]} and {_MASKS[0]}.",
            )
        number = 0
        for batch in table.iter_batches(batch_size=_ROWS):
            for row in batch.to_pylist():
                found.append(
                    _taken(row, row[image], row[mask], f"{file.stem}_{number:05d}", extract_to, meaning)
                )
                number += 1
    return FoundSet(tuple(found))


def _taken(
    row: dict[str, Any],
    image: dict[str, Any],
    mask: dict[str, Any],
    default: str,
    folder: Path,
    meaning: LabelMap,
) -> LabelledImage:
    name = _UNSAFE.sub("_", str(row.get("name") or image.get("path") or default).rpartition("/")[2])
    stem = (
        name.rpartition(".")[0] if name.lower().endswith((".png", ".tif", ".tiff", ".jpg", ".jpeg")) else name
    )
    if row.get("crs_wkt") and row.get("affine"):
        path = folder / "images" / f"{stem}.tif"
        content = _geotiff(_decoded(image["bytes"]), row["crs_wkt"], json.loads(row["affine"]))
    else:
        path, content = folder / "images" / f"{stem}.png", _png(image["bytes"])
    _put(path, content)
    _put(folder / "masks" / f"{stem}.png", _png(mask["bytes"]))
    return LabelledImage(stem, path, partial(_opened, folder / "masks" / f"{stem}.png", meaning))


def _opened(path: Path, meaning: LabelMap, scene: Scene) -> MaskFile:
    return open_mask(path, meaning)


def _put(path: Path, content: bytes) -> None:
    """Write a file unless it is there already: a scene is known by the time of its file too."""
    with output_errors(path):
        if path.is_file() and path.read_bytes() == content:
            return
        with replacing(path, overwrite=True) as draft:
            draft.write_bytes(content)


def _decoded(content: bytes) -> npt.NDArray[np.generic]:
    from PIL import Image

    pixels = np.asarray(Image.open(io.BytesIO(content)))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _png(content: bytes) -> bytes:
    if content.startswith(b"\x89PNG"):
        return content
    from PIL import Image

    buffer = io.BytesIO()
    Image.open(io.BytesIO(content)).save(buffer, format="PNG")
    return buffer.getvalue()


def _geotiff(pixels: npt.NDArray[np.generic], crs_wkt: str, affine: list[float]) -> bytes:
    from rasterio.crs import CRS
    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.io import MemoryFile
    from rasterio.transform import Affine

    height, width, count = pixels.shape
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with memory.open(
            driver="GTiff", height=height, width=width, count=count, dtype=pixels.dtype, compress="deflate",
            photometric="RGB" if count == 3 else "MINISBLACK", crs=CRS.from_wkt(crs_wkt),
            transform=Affine(*affine),
        ) as file:  # fmt: skip
            file.write(np.moveaxis(pixels, -1, 0))
        return bytes(memory.read())
