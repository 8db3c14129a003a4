"""Square crops at a random ground sampling distance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from rsseg_training.augmentation.sample import Sample

if TYPE_CHECKING:
    from numpy.random import Generator

__all__ = ["RandomZoomCrop"]


@dataclass(frozen=True)
class RandomZoomCrop:
    """Cut a square of random size and place and bring it to one size.

    Pixels are averaged when the crop shrinks and interpolated when it grows; labels are taken from the
    nearest pixel, so no id is invented. Where the crop reaches beyond the sample,
    pixels are 0 and labels 255.

    Attributes
    ----------
    size_px : int
        Side of the result.
    zoom_low, zoom_high : float
        Range of magnifications, drawn log-uniformly; 2 shows objects twice as large as in the file.
    """

    size_px: int
    zoom_low: float = 1.0
    zoom_high: float = 1.0

    def __call__(self, sample: Sample, generator: Generator) -> Sample:
        """Return a crop of ``size_px`` x ``size_px``."""
        zoom = math.exp(generator.uniform(math.log(self.zoom_low), math.log(self.zoom_high)))
        side = max(4, round(self.size_px / zoom))
        height, width = sample.labels.shape
        row, column = (_start(extent, side, generator) for extent in (height, width))
        image = np.zeros((sample.image.shape[0], side, side), dtype=np.float32)
        labels = np.full((side, side), IGNORED, dtype=np.uint8)
        rows, columns = slice(max(row, 0), row + side), slice(max(column, 0), column + side)
        part = sample.labels[rows, columns]
        place = (
            slice(max(-row, 0), max(-row, 0) + part.shape[0]),
            slice(max(-column, 0), max(-column, 0) + part.shape[1]),
        )
        image[:, place[0], place[1]] = sample.image[:, rows, columns]
        labels[place] = part
        return self._scaled(image, labels)

    def _scaled(self, image: np.ndarray, labels: np.ndarray) -> Sample:
        side = labels.shape[0]
        if side == self.size_px:
            return Sample(image, labels)
        target = (self.size_px, self.size_px)
        how = cv2.INTER_AREA if side > self.size_px else cv2.INTER_LINEAR
        bands = [cv2.resize(band, target, interpolation=how) for band in image]
        nearest = cv2.resize(labels, target, interpolation=cv2.INTER_NEAREST_EXACT)
        return Sample(np.stack(bands).astype(np.float32), nearest.astype(np.uint8))


def _start(extent: int, side: int, generator: Generator) -> int:
    """Return the first pixel of a window; a sample smaller than the window lies anywhere inside it."""
    slack = extent - side
    return int(generator.integers(min(slack, 0), max(slack, 0) + 1))
