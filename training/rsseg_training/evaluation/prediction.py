"""Logits of whole chips at their own size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    import numpy.typing as npt
    from torch import Tensor

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
        logits: npt.NDArray[np.float32] = self._forward(self._normalised(chip)).numpy()
        return logits

    @torch.no_grad()
    def averaged(self, chip: Chip) -> npt.NDArray[np.float32]:
        """Return the logarithm of the mean probabilities (K, H, W) of a chip's eight orientations."""
        image = self._normalised(chip)
        total = torch.zeros(())
        for turns in range(4):
            for mirrored in (False, True):
                turned = torch.rot90(image.flip(-1) if mirrored else image, turns, (-2, -1))
                back = torch.rot90(self._forward(turned).softmax(dim=0), -turns, (-2, -1))
                total = total + (back.flip(-1) if mirrored else back)
        logarithm: npt.NDArray[np.float32] = (total / 8).clamp(min=1e-7).log().numpy()
        return logarithm

    def _normalised(self, chip: Chip) -> Tensor:
        mean = np.asarray(self.mean, dtype=np.float32)[:, None, None]
        std = np.asarray(self.std, dtype=np.float32)[:, None, None]
        return torch.from_numpy((chip.image - mean) / std)[None]  # (1, 3, H, W)

    def _forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        stride = self.network.stride_px
        padded = functional.pad(image, (0, -width % stride, 0, -height % stride))
        logits: Tensor = self.network(padded)[0, :, :height, :width]
        return logits
