"""Haze over the ground: a smooth, bright veil of random density."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from rsseg_training.augmentation.sample import Sample

if TYPE_CHECKING:
    from numpy.random import Generator

__all__ = ["Haze", "smooth_field"]


def smooth_field(size: tuple[int, int], cells: int, generator: Generator) -> np.ndarray:
    """Return a field (H, W) of 0 to 1 that varies over about 1 / ``cells`` of the side."""
    coarse = generator.random((cells + 1, cells + 1), dtype=np.float32)
    return np.clip(cv2.resize(coarse, (size[1], size[0]), interpolation=cv2.INTER_CUBIC), 0, 1)


@dataclass(frozen=True)
class Haze:
    """Mix a white veil into the image, as alpha; labels stay what they are below it.

    Attributes
    ----------
    probability : float
        Share of samples that get a veil.
    densest : float
        Largest alpha. Where alpha exceeds ``labelled_above``, class ``clear`` becomes ``thin``.
    labelled_above : float
        Alpha above which the veil is labelled; above 1: never.
    clear, thin : int
        Ids of ground without and with a veil.
    """

    probability: float = 0.2
    densest: float = 0.3
    labelled_above: float = 2.0
    clear: int = 0
    thin: int = 2

    def __call__(self, sample: Sample, generator: Generator) -> Sample:
        """Return the sample under a veil."""
        if generator.random() >= self.probability:
            return sample
        field = smooth_field(sample.labels.shape, int(generator.integers(1, 5)), generator)
        alpha = field * generator.uniform(0.1, 1.0) * self.densest  # (H, W)
        veil = generator.uniform(0.75, 1.0) * np.array([0.97, 0.98, 1.0], dtype=np.float32)[:, None, None]
        image = sample.image * (1 - alpha) + veil * alpha
        labels = sample.labels.copy()
        labels[(alpha > self.labelled_above) & (labels == self.clear)] = self.thin
        return Sample(np.clip(image, 0, 1).astype(np.float32), labels)
