"""How the published segmentation programs bring an image to a network: fit, normalise, pad, shift labels."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["fitted_size", "normalised", "padded", "resized", "without_zero"]

Pixels = npt.NDArray[np.uint8]
_MEAN = np.array([123.675, 116.28, 103.53])
_STD = np.array([58.395, 57.12, 57.375])
_IGNORED = 255


def fitted_size(size: tuple[int, int], scale: tuple[int, int]) -> tuple[int, int]:
    """Return height and width of an image whose longer and shorter side fit those of ``scale``.

    Parameters
    ----------
    size : tuple of int
        Height and width of the image, pixels.
    scale : tuple of int
        Two sides in either order; the aspect is kept.
    """
    factor = min(max(scale) / max(size), min(scale) / min(size))
    return int(size[0] * factor + 0.5), int(size[1] * factor + 0.5)


def resized(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Resize an image (H, W, 3) to ``size``, bilinear in OpenCV's 8-bit arithmetic, no antialiasing."""
    if image.shape[:2] == size:
        return image
    return np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def normalised(image: Pixels) -> npt.NDArray[np.float32]:
    """Return (value - mean) / std, (3, H, W), of an RGB image (H, W, 3), by the figures of ImageNet.

    Images of infrared, red and green are published with the same figures, band by band.
    """
    values = (image.astype(np.float32) - _MEAN) / _STD
    return np.asarray(values.transpose(2, 0, 1), dtype=np.float32)


def padded(
    image: npt.NDArray[np.float32], labels: Pixels, size: tuple[int, int]
) -> tuple[npt.NDArray[np.float32], Pixels]:
    """Pad a normalised image (3, H, W) with 0 and labels (H, W) with 255, at the bottom and right."""
    height, width = labels.shape
    room = ((0, max(size[0] - height, 0)), (0, max(size[1] - width, 0)))
    return np.pad(image, ((0, 0), *room)), np.pad(labels, room, constant_values=_IGNORED)


def without_zero(labels: Pixels) -> Pixels:
    """Return labels (H, W) in which class k is stored as k + 1: 0 becomes 255, ids fall by one, 255 stays."""
    return np.where((labels == 0) | (labels == _IGNORED), _IGNORED, labels - 1).astype(np.uint8)
