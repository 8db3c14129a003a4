"""What every segmentation network of this package is."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

__all__ = ["SegmentationNetwork"]


class SegmentationNetwork(nn.Module, ABC):
    """A network from normalised images to class logits of the same size.

    Attributes
    ----------
    stride_px : int
        Height and width of the images must be multiples of it.
    """

    stride_px: int

    @abstractmethod
    def forward(self, images: Tensor) -> Tensor:
        """Map images to logits.

        Parameters
        ----------
        images : Tensor, (B, C, H, W), float
            Values after (value - mean) / std of the model's card; H and W multiples of ``stride_px``.

        Returns
        -------
        Tensor, (B, K, H, W), float
            One channel per class of the card's scheme, before softmax.
        """
