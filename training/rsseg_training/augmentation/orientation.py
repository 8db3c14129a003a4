"""The eight orientations of a square (D4): exact for pixels and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rsseg_training.augmentation.sample import Sample

if TYPE_CHECKING:
    from numpy.random import Generator

__all__ = ["orient", "random_orientation"]


def orient(sample: Sample, orientation: int) -> Sample:
    """Turn by ``orientation % 4`` quarter turns, then mirror where ``orientation`` is 4 to 7."""
    image = np.rot90(sample.image, orientation % 4, axes=(1, 2))
    labels = np.rot90(sample.labels, orientation % 4)
    if orientation >= 4:
        image, labels = image[:, :, ::-1], labels[:, ::-1]
    return Sample(np.ascontiguousarray(image), np.ascontiguousarray(labels))


def random_orientation(sample: Sample, generator: Generator) -> Sample:
    """Return one of the eight orientations, each equally likely."""
    return orient(sample, int(generator.integers(8)))
