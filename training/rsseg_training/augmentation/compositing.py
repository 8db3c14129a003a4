"""Clouds of one chip pasted over the clear ground of another, with the shadows they throw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from rsseg_training.augmentation.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

__all__ = ["CloudCompositing"]

CLEAR, SHADOW, THIN, CLOUD = 0, 1, 2, 3


@dataclass(frozen=True)
class CloudCompositing:
    """Paste labelled cloud pixels onto clear samples; every pixel's label follows the pixel.

    Attributes
    ----------
    donor : callable
        Draws a crop with clouds, of the size of the samples.
    probability : float
        Share of the clear samples that get clouds.
    clear_share : float
        A sample is clear when at least this share of it has label 0.
    shadow_probability : float
        Share of the pasted clouds that throw a shadow.
    shift_low_px, shift_high_px : float
        Distance of the shadow from the cloud.
    """

    donor: Callable[[Generator], Sample]
    probability: float = 0.6
    clear_share: float = 0.7
    shadow_probability: float = 0.8
    shift_low_px: float = 6.0
    shift_high_px: float = 35.0

    def __call__(self, sample: Sample, generator: Generator) -> Sample:
        """Return the sample with clouds, or as it is."""
        if generator.random() >= self.probability or (sample.labels == CLEAR).mean() < self.clear_share:
            return sample
        donor = self.donor(generator)
        cloudy = (donor.labels == CLOUD) | (donor.labels == THIN)
        if not cloudy.any():
            return sample
        image, labels = sample.image.copy(), sample.labels.copy()
        if generator.random() < self.shadow_probability:
            image, labels = self._shadowed(image, labels, donor.labels == CLOUD, generator)
        image[:, cloudy] = donor.image[:, cloudy]
        labels[cloudy] = donor.labels[cloudy]
        return Sample(image, labels)

    def _shadowed(
        self, image: np.ndarray, labels: np.ndarray, thick: np.ndarray, generator: Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        angle = generator.uniform(0, 2 * np.pi)
        distance = generator.uniform(self.shift_low_px, self.shift_high_px)
        shadow = _moved(thick, round(distance * np.sin(angle)), round(distance * np.cos(angle)))
        shadow &= labels == CLEAR
        soft = cv2.GaussianBlur(shadow.astype(np.float32), (0, 0), 1.0)
        # shadows are lit by the blue sky: red darkens most; display values are square roots of reflectance
        factor = generator.uniform(0.45, 0.8) + np.array([-0.03, 0.0, 0.04])[:, None, None]
        darkened = image * (1 - soft * (1 - factor))
        labels = labels.copy()
        labels[shadow] = SHADOW
        return darkened.astype(np.float32), labels


def _moved(mask: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return the mask shifted, with nothing coming in from beyond its border."""
    height, width = mask.shape
    moved = np.zeros_like(mask)
    if abs(rows) < height and abs(columns) < width:
        moved[max(rows, 0) : height + min(rows, 0), max(columns, 0) : width + min(columns, 0)] = mask[
            max(-rows, 0) : height + min(-rows, 0), max(-columns, 0) : width + min(-columns, 0)
        ]
    return moved
