"""Batches of both domains; the target's labels are gone before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from rsseg_training.sampling import WeightedChips

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from rsseg_training.sampling import CropSampler

__all__ = ["DomainBatch", "DomainPairs", "without_labels"]


@dataclass(frozen=True)
class DomainBatch:
    """Crops of both domains for one step.

    Attributes
    ----------
    images, target_images : Tensor, (B, 3, H, W), float32
        Normalised.
    labels : Tensor, (B, H, W), uint8
        Of the source images: class ids, or 255.
    target_valid : Tensor, (B, H, W), bool
        Pixels of the target images that are inside the chip.
    """

    images: Tensor
    labels: Tensor
    target_images: Tensor
    target_valid: Tensor


@dataclass(frozen=True)
class DomainPairs:
    """Draws a batch of each domain.

    Attributes
    ----------
    source, target : CropSampler
        Of one batch size and crop; the labels of the target's chips are those of `without_labels`.
    """

    source: CropSampler
    target: CropSampler

    def draw(self, step: int) -> DomainBatch:
        """Return the batch of a step."""
        source, target = self.source.draw(step), self.target.draw(step)
        return DomainBatch(source.images, source.labels, target.images, target.labels != IGNORED)


def without_labels(sets: Iterable[WeightedChips]) -> list[WeightedChips]:
    """Return chips whose labels are all 0: they say where a chip is, and nothing of what it shows."""
    return [
        WeightedChips(
            tuple(replace(chip, labels=np.zeros_like(chip.labels)) for chip in entry.chips), entry.weight
        )
        for entry in sets
    ]
