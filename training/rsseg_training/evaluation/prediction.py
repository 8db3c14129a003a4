"""Logits of whole chips at their own size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.models import SegmentationNetwork
    from rsseg_training.sampling import Chip

__all__ = ["ChipPredictor"]


@dataclass(frozen=True)
class ChipPredictor:
    """A network and its normalisation.

    Attributes
    ----------
    network : SegmentationNetwork
        In evaluation mode.
    mean, std : tuple of float
        As in its card.
    """

    network: SegmentationNetwork
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @torch.no_grad()
    def logits(self, chip: Chip) -> npt.NDArray[np.float32]:
        """Return logits (K, H, W) of a chip, padded with the mean to a multiple of the network's stride."""
        mean = np.asarray(self.mean, dtype=np.float32)[:, None, None]
        std = np.asarray(self.std, dtype=np.float32)[:, None, None]
        image = torch.from_numpy((chip.image - mean) / std)[None]  # (1, 3, H, W)
        height, width = chip.labels.shape
        stride = self.network.stride_px
        padded = functional.pad(image, (0, -width % stride, 0, -height % stride))
        logits: npt.NDArray[np.float32] = self.network(padded)[0, :, :height, :width].numpy()
        return logits
