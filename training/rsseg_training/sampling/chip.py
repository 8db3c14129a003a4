"""One labelled image in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import tifffile

from napari_rsseg.errors import TrainingError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Chip", "read_labels", "read_rgb", "read_tiff", "reflectance_to_display"]


@dataclass(frozen=True)
class Chip:
    """A labelled image.

    Attributes
    ----------
    dataset, name : str
        Set and file stem.
    split : str
        As in the set's index.
    group : str
        Images of one group are never split over training and test: a scene, town, date or region.
    image : ndarray, (3, H, W), float32, 0 to 1
        Red, green, blue as displayed: 8-bit numbers / 255, or the square root of reflectance.
    labels : ndarray, (H, W), uint8
        Class ids, ids of class groups, or 255.
    """

    dataset: str
    name: str
    split: str
    group: str
    image: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        if not self.image.size or self.image.shape != (3, *self.labels.shape):
            raise TrainingError(
                f"{self.dataset}/{self.name} has an image of {self.image.shape} "
                f"and labels of {self.labels.shape}.",
                "Take the set from its source again.",
            )
        if not np.isfinite(self.image).all():
            raise TrainingError(
                f"{self.dataset}/{self.name} holds NaN or infinity.", "Mark such pixels as nodata first."
            )


def _read(path: Path) -> npt.NDArray[np.generic]:
    if not path.exists():
        raise TrainingError(f"There is no file {path}.", "Set RSSEG_DATA to the folder of the labelled sets.")
    array = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if array is None:
        raise TrainingError(f"{path} cannot be read as an image.", "Take the file from its source again.")
    return np.asarray(array)


def read_rgb(path: Path) -> npt.NDArray[np.float32]:
    """Read an 8-bit PNG or JPEG as (3, H, W) display values, alpha dropped."""
    array = _read(path)
    return np.ascontiguousarray(array[..., 2::-1].transpose(2, 0, 1).astype(np.float32) / 255)


def read_labels(path: Path) -> npt.NDArray[np.uint8]:
    """Read a mask of class ids, palette indices or 0/255 in the first band, as it stands in the file."""
    if path.suffix == ".png":
        from PIL import Image  # palette indices, which OpenCV turns into colours

        with Image.open(path) as picture:
            array = np.asarray(picture)
    else:
        array = np.asarray(_read(path))
    first = array if array.ndim == 2 else array[..., 0]
    return np.ascontiguousarray(first.astype(np.uint8))


def read_tiff(path: Path) -> npt.NDArray[np.generic]:
    """Read a TIFF as (bands, H, W)."""
    if not path.exists():
        raise TrainingError(f"There is no file {path}.", "Set RSSEG_DATA to the folder of the labelled sets.")
    with tifffile.TiffFile(path) as file:
        series = file.series[0]
        array = np.asarray(series.levels[0].asarray())
        axes = series.axes
    if array.ndim == 2:
        return array[None]
    return np.moveaxis(array, -1, 0) if axes.endswith("S") else array


def reflectance_to_display(reflectance: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return what a screen shows of reflectance: its square root, 0 to 1."""
    shown: npt.NDArray[np.float32] = np.sqrt(np.clip(reflectance, 0, 1)).astype(np.float32)
    return shown
