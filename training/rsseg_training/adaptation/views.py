"""What the published ST-DASegNet draws from chips of either domain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    from numpy.random import Generator

    from rsseg_training.augmentation import AdaptationViews
    from rsseg_training.sampling import Chip

    View = tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]

__all__ = ["source_view", "target_view"]


def source_view(views: AdaptationViews, chip: Chip, generator: Generator) -> View:
    """Return a view of a source chip, normalised (3, S, S), and its labels (S, S).

    The published sets are tiles of one size, which the zoom starts from; here it is each chip's own.
    """
    own = replace(views, scale_px=max(chip.labels.shape))
    return own.source(_pixels(chip), chip.labels, generator)


def target_view(views: AdaptationViews, chip: Chip, generator: Generator) -> View:
    """Return a target chip squeezed to a view, normalised (3, S, S), and zeros (S, S): all of it shows."""
    return views.target(_pixels(chip), generator), np.zeros((views.crop_px, views.crop_px), dtype=np.uint8)


def _pixels(chip: Chip) -> npt.NDArray[np.uint8]:
    """Return a chip as 8-bit RGB, (H, W, 3)."""
    return np.ascontiguousarray(np.rint(chip.image.transpose(1, 2, 0) * 255).astype(np.uint8))
