"""Chips as other programs show them: red, green and blue of 8 bits."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.radiometry import Radiometry

if TYPE_CHECKING:
    from napari_rsseg.datasets.chips import Chip
    from napari_rsseg.datasets.version import Version

__all__ = ["mask_of", "picture_of", "png_bytes", "said_by"]


def picture_of(version: Version, chip: Chip) -> npt.NDArray[np.uint8]:
    """Return red, green and blue of a chip, (rows, columns, 3), through its scene's radiometry.

    Scenes that do not say which bands are red, green and blue are shown by their first three, or in grey.
    """
    source = version.sources[chip.scene]
    numbers = _read(version.image_path(chip))
    roles = source["band_roles"]
    wanted = ("red", "green", "blue")
    if all(role in roles for role in wanted):
        bands = tuple(roles.index(role) for role in wanted)
    else:
        bands = (0, 1, 2) if len(numbers) >= 3 else (0, 0, 0)
    radiometry = Radiometry.model_validate(source["radiometry"])
    values = np.nan_to_num(radiometry.apply(numbers[list(bands)], bands, display=True))
    return np.moveaxis(np.round(255 * values).astype(np.uint8), 0, -1)


def mask_of(version: Version, chip: Chip) -> npt.NDArray[np.uint8]:
    """Return class ids of a chip, (rows, columns), 255 where nothing is said."""
    return np.asarray(_read(version.mask_path(chip))[0], dtype=np.uint8)


def said_by(version: Version, chip: Chip) -> npt.NDArray[np.uint16]:
    """Return provenance and actor of each pixel, (2, rows, columns)."""
    return np.asarray(_read(version.provenance_path(chip)), dtype=np.uint16)


def png_bytes(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return a PNG of grey values, (rows, columns), or of colours, (rows, columns, 3)."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def _read(path: object) -> npt.NDArray[np.generic]:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as dataset:
            pixels: npt.NDArray[np.generic] = dataset.read()
    return pixels
