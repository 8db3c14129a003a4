"""The authors' evaluation of whole images, to compare with their figures; scenes go through the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from napari_rsseg.models.layers.convolution import resize

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
    if words.mode == "slide" and words.crop and words.stride:
        logits = _slide(network, images, words.crop, words.stride)
    else:
        logits = network(images)
    return resize(logits, size or (images.shape[-2], images.shape[-1]))


def _slide(network: Ktda, images: Tensor, crop: tuple[int, int], stride: tuple[int, int]) -> Tensor:
    """Average the logits of overlapping windows; the last of a row or column is moved back inside."""
    rows = _spans(images.shape[-2], crop[0], stride[0])
    columns = _spans(images.shape[-1], crop[1], stride[1])
    classes = network.architecture.decode_head.num_classes
    total = images.new_zeros((len(images), classes, *images.shape[-2:]))
    count = images.new_zeros((1, 1, *images.shape[-2:]))
    for row in rows:
        for column in columns:
            total[:, :, row, column] += network(images[:, :, row, column])
            count[:, :, row, column] += 1
    return total / count


def _spans(length: int, crop: int, stride: int) -> list[slice]:
    number = max(length - crop + stride - 1, 0) // stride + 1
    ends = [min(index * stride + crop, length) for index in range(number)]
    return [slice(max(end - crop, 0), end) for end in ends]
