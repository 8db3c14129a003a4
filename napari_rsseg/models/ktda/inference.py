"""The authors' evaluation of whole images, to compare with their figures; scenes go through the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from napari_rsseg.models.layers.convolution import resize
from napari_rsseg.models.layers.sliding import windows_or_whole

if TYPE_CHECKING:
    from napari_rsseg.models.ktda.network import Ktda

__all__ = ["evaluate_images"]


@torch.no_grad()
def evaluate_images(network: Ktda, images: Tensor, size: tuple[int, int] | None = None) -> Tensor:
    """Predict as the network's ``test`` words say.

    Parameters
    ----------
    network : Ktda
        In evaluation mode.
    images : Tensor, (B, 3, H, W)
        Normalised, at the size that the recipe feeds.
    size : tuple of int or None
        Height and width to return; a second interpolation follows the first, as published.

    Returns
    -------
    Tensor, (B, K, *size)
        Logits.
    """
    words = network.architecture.test
    classes = network.architecture.decode_head.num_classes
    logits = windows_or_whole(network, images, classes, words.mode, words.crop, words.stride)
    return resize(logits, size or (images.shape[-2], images.shape[-1]))
