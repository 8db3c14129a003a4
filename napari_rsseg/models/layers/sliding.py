"""The published evaluation by overlapping windows; scenes go through the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

__all__ = ["slide", "windows_or_whole"]


def slide(
    network: Callable[[Tensor], Tensor],
    images: Tensor,
    classes: int,
    crop: tuple[int, int],
    stride: tuple[int, int],
) -> Tensor:
    """Average the logits of overlapping windows; the last of a row or column is moved back inside.

    Parameters
    ----------
    network : callable
        Maps (B, C, h, w) to logits (B, K, h, w).
    images : Tensor, (B, C, H, W)
        Smaller ones than ``crop`` are taken whole.
    classes : int
        Channels K of the logits.
    crop, stride : tuple of int
        Height and width of the windows and of their step, pixels.

    Returns
    -------
    Tensor, (B, K, H, W)
        Logits.
    """
    rows = _spans(images.shape[-2], crop[0], stride[0])
    columns = _spans(images.shape[-1], crop[1], stride[1])
    total = images.new_zeros((len(images), classes, *images.shape[-2:]))
    count = images.new_zeros((1, 1, *images.shape[-2:]))
    for row in rows:
        for column in columns:
            total[:, :, row, column] += network(images[:, :, row, column])
            count[:, :, row, column] += 1
    return total / count


def windows_or_whole(
    network: Callable[[Tensor], Tensor],
    images: Tensor,
    classes: int,
    mode: Literal["whole", "slide"],
    crop: tuple[int, int] | None,
    stride: tuple[int, int] | None,
) -> Tensor:
    """Return logits (B, K, H, W) of images as an architecture's ``test`` words say.

    Parameters
    ----------
    network, images, classes, crop, stride
        As in `slide`.
    mode : {"whole", "slide"}
        Windows where both crop and stride are said as well.
    """
    if mode == "slide" and crop and stride:
        return slide(network, images, classes, crop, stride)
    return network(images)


def _spans(length: int, crop: int, stride: int) -> list[slice]:
    number = max(length - crop + stride - 1, 0) // stride + 1
    ends = [min(index * stride + crop, length) for index in range(number)]
    return [slice(max(end - crop, 0), end) for end in ends]
