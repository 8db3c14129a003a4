"""What the published ST-DASegNet makes of a labelled source image and of a target image in training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from rsseg_training.augmentation.photometric import PhotometricDistortion
from rsseg_training.augmentation.published_pipeline import fitted_size, normalised, padded, resized

if TYPE_CHECKING:
    from numpy.random import Generator

__all__ = ["AdaptationViews"]

Pixels = npt.NDArray[np.uint8]
_IGNORED = 255
_REDRAWS = 10


@dataclass(frozen=True)
class AdaptationViews:
    """Draws views of both domains, each with its own colours (arXiv 2301.05526, published configurations).

    Attributes
    ----------
    scale_px : int
        Longer side that a source image is brought to, times the zoom.
    crop_px : int
        Side of the views.
    zoom : pair of float
        Range of the zoom.
    largest_share : float
        A crop is drawn again, at most ten times, while one class covers this share of its labelled pixels.
    distortion : PhotometricDistortion
        Of the colours.
    """

    scale_px: int = 512
    crop_px: int = 384
    zoom: tuple[float, float] = (0.5, 2.0)
    largest_share: float = 0.75
    distortion: PhotometricDistortion = field(default_factory=PhotometricDistortion)

    def source(
        self, image: Pixels, labels: Pixels, generator: Generator
    ) -> tuple[npt.NDArray[np.float32], Pixels]:
        """Return a zoomed, cropped, perhaps mirrored view, normalised (3, S, S), and its labels (S, S).

        Parameters
        ----------
        image, labels : ndarray, (H, W, 3) and (H, W), uint8
            RGB, and class ids or 255.
        generator : Generator
            All chance.
        """
        side = int(self.scale_px * generator.uniform(*self.zoom))
        height, width = fitted_size((image.shape[0], image.shape[1]), (side, side))
        image = resized(image, (height, width))
        nearest = cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST)
        labels = np.asarray(nearest, dtype=np.uint8)
        rows, columns = self._varied_crop(labels, generator)
        image, labels = image[rows, columns], labels[rows, columns]
        if generator.random() < 0.5:
            image, labels = image[:, ::-1], labels[:, ::-1]
        colours = normalised(self.distortion(np.ascontiguousarray(image), generator))
        return padded(colours, labels, (self.crop_px, self.crop_px))

    def target(self, image: Pixels, generator: Generator) -> npt.NDArray[np.float32]:
        """Return the whole image (H, W, 3) squeezed to the crop, aspect not kept, normalised (3, S, S)."""
        squeezed = resized(image, (self.crop_px, self.crop_px))
        return normalised(self.distortion(squeezed, generator))

    def _varied_crop(self, labels: Pixels, generator: Generator) -> tuple[slice, slice]:
        window = self._crop(labels, generator)
        for _ in range(_REDRAWS):
            inside = labels[window]
            counts = np.bincount(inside[inside != _IGNORED])
            if np.count_nonzero(counts) > 1 and counts.max() < self.largest_share * counts.sum():
                break
            window = self._crop(labels, generator)
        return window

    def _crop(self, labels: Pixels, generator: Generator) -> tuple[slice, slice]:
        starts = [int(generator.integers(max(side - self.crop_px, 0) + 1)) for side in labels.shape]
        rows, columns = (slice(start, start + self.crop_px) for start in starts)
        return rows, columns
