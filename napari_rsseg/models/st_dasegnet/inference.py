"""The authors' evaluation of whole images, to compare with their figures; scenes go through the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from napari_rsseg.models.layers.convolution import resize
from napari_rsseg.models.layers.sliding import windows_or_whole

if TYPE_CHECKING:
    from napari_rsseg.models.st_dasegnet.network import StDasegnet

__all__ = ["evaluate_images"]


@torch.no_grad()
def evaluate_images(
    network: StDasegnet, images: Tensor, size: tuple[int, int] | None = None, *, mirrored: bool = False
) -> Tensor:
    """Predict as the network's ``test`` words say.

    Parameters
    ----------
    network : StDasegnet
        In evaluation mode.
    images : Tensor, (B, 3, H, W)
        Normalised, at the size that the recipe feeds.
    size : tuple of int or None
        Height and width to return; a second interpolation of the logits follows the first, as published.
    mirrored : bool
        The images are flipped left to right; the answer is flipped back.

    Returns
    -------
    Tensor, (B, K, *size)
        Probabilities; several scales and flips of an image are averaged after this.
    """
    words = network.architecture.test
    classes = network.architecture.head.num_classes
    logits = windows_or_whole(network, images, classes, words.mode, words.crop_size, words.stride)
    probabilities = resize(logits, size or (images.shape[-2], images.shape[-1])).softmax(dim=1)
    return probabilities.flip(-1) if mirrored else probabilities
