"""Batches of varied crops; step n of a seed is the same whatever came before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_rsseg.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.random import Generator
    from torch import Tensor

    from rsseg_training.sampling.chip import Chip

__all__ = ["Batch", "CropSampler", "WeightedChips"]


@dataclass(frozen=True)
class Batch:
    """Crops for one step.

    Attributes
    ----------
    images : Tensor, (B, 3, H, W), float32
        Normalised.
    labels : Tensor, (B, H, W), uint8
        Class ids, ids of groups, or 255.
    """

    images: Tensor
    labels: Tensor


@dataclass(frozen=True)
class WeightedChips:
    """The chips of one set and how often the set is drawn, relative to the others."""

    chips: tuple[Chip, ...]
    weight: float


@dataclass(frozen=True)
class CropSampler:
    """Draws a set by weight, a chip evenly, and varies a crop of it.

    Attributes
    ----------
    sets : sequence of WeightedChips
        Empty ones are left out.
    vary : callable
        Makes the image (3, H, W) and labels (H, W) of a crop from a chip.
    batch : int
        Crops per step.
    mean, std : tuple of float
        Normalisation of the network's input.
    seed : int
        Of everything drawn here.
    """

    sets: Sequence[WeightedChips]
    vary: Callable[[Chip, Generator], tuple[np.ndarray, np.ndarray]]
    batch: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    seed: int
    _shares: np.ndarray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        weights = np.array([entry.weight if entry.chips else 0.0 for entry in self.sets])
        if not weights.sum() > 0:
            raise TrainingError("No labelled image is left to train on.", "Name other sets, splits or folds.")
        object.__setattr__(self, "_shares", weights / weights.sum())

    def draw(self, step: int) -> Batch:
        """Return the batch of a step."""
        generator = np.random.default_rng((self.seed, step))
        images, labels = [], []
        for _ in range(self.batch):
            entry = self.sets[int(generator.choice(len(self.sets), p=self._shares))]
            chip = entry.chips[int(generator.integers(len(entry.chips)))]
            image, label = self.vary(chip, generator)
            images.append(image)
            labels.append(label)
        mean = np.asarray(self.mean, dtype=np.float32)[:, None, None]
        std = np.asarray(self.std, dtype=np.float32)[:, None, None]
        stacked = (np.stack(images) - mean) / std
        return Batch(torch.from_numpy(stacked.astype(np.float32)), torch.from_numpy(np.stack(labels)))
