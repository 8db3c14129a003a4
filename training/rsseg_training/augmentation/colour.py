"""Changes of light, sensor and processing: pixels change, labels do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rsseg_training.augmentation.sample import Sample

if TYPE_CHECKING:
    from numpy.random import Generator

__all__ = ["RadiometricJitter"]


@dataclass(frozen=True)
class RadiometricJitter:
    """Gain per band, saturation, contrast, brightness and gamma of display values.

    Attributes
    ----------
    probability : float
        Share of samples that are changed; the others keep their absolute colours.
    strength : float
        1: gain sigma 0.15, contrast and brightness sigma 0.25, gamma sigma 0.2, saturation 0.3 to 1.6.
    grey : float
        Share of the changed samples whose bands become their mean.
    """

    probability: float = 0.5
    strength: float = 1.0
    grey: float = 0.0

    def __call__(self, sample: Sample, generator: Generator) -> Sample:
        """Return the sample with other colours, 0 to 1."""
        if generator.random() >= self.probability:
            return sample
        s = self.strength
        image = sample.image * np.exp(generator.normal(0, 0.15 * s, (sample.image.shape[0], 1, 1)))
        grey = image.mean(axis=0, keepdims=True)
        saturation = 1 + s * generator.uniform(-0.7, 0.6)
        if generator.random() < self.grey:
            saturation = 0.0
        image = grey + (image - grey) * max(saturation, 0.0)
        centre = float(image.mean())
        image = centre + (image - centre) * np.exp(generator.normal(0, 0.25 * s))
        image = image * np.exp(generator.normal(0, 0.25 * s))
        image = np.clip(image, 0, 1) ** np.exp(generator.normal(0, 0.2 * s))
        return Sample(image.astype(np.float32), sample.labels)
