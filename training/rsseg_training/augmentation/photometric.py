"""The photometric distortion of the published segmentation programs, in their 8-bit arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from numpy.random import Generator

__all__ = ["PhotometricDistortion", "hsv_of", "rotate_hue", "scale_saturation", "scale_shift"]

Image = npt.NDArray[np.uint8]
_HUES = 180  # of OpenCV's 8-bit hue


def scale_shift(image: Image, *, scale: float = 1.0, shift: float = 0.0) -> Image:
    """Return scale * values + shift, clipped to 0-255 and truncated: contrast and brightness."""
    changed = image.astype(np.float32) * scale + shift
    return np.asarray(np.clip(changed, 0, 255), dtype=np.uint8)


def scale_saturation(image: Image, scale: float) -> Image:
    """Scale the saturation of an RGB image (H, W, 3) in 8-bit HSV."""
    hsv = hsv_of(image)
    hsv[..., 1] = scale_shift(hsv[..., 1], scale=scale)
    return _rgb(hsv)


def rotate_hue(image: Image, steps: int) -> Image:
    """Rotate the hue of an RGB image (H, W, 3) in 8-bit HSV, by steps of two degrees."""
    hsv = hsv_of(image)
    hsv[..., 0] = ((hsv[..., 0].astype(np.int16) + steps) % _HUES).astype(np.uint8)
    return _rgb(hsv)


def hsv_of(image: Image) -> Image:
    """Return hue (0-179), saturation and value of an RGB image (H, W, 3)."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2HSV), dtype=np.uint8)


def _rgb(hsv: Image) -> Image:
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), dtype=np.uint8)


@dataclass(frozen=True)
class PhotometricDistortion:
    """Brightness, contrast, saturation and hue, each with probability one half (Liu et al. 2016).

    Attributes
    ----------
    brightness : float
        Largest shift, levels.
    contrast, saturation : pair of float
        Range of the factors.
    hue : int
        Largest rotation, steps of two degrees.
    """

    brightness: float = 32
    contrast: tuple[float, float] = (0.5, 1.5)
    saturation: tuple[float, float] = (0.5, 1.5)
    hue: int = 18

    def __call__(self, image: Image, generator: Generator) -> Image:
        """Return an RGB image (H, W, 3) with other colours."""
        if _coin(generator):
            image = scale_shift(image, shift=generator.uniform(-self.brightness, self.brightness))
        contrast_first = _coin(generator)
        if contrast_first:
            image = self._contrasted(image, generator)
        if _coin(generator):
            image = scale_saturation(image, generator.uniform(*self.saturation))
        if _coin(generator):
            image = rotate_hue(image, int(generator.integers(-self.hue, self.hue)))
        return image if contrast_first else self._contrasted(image, generator)

    def _contrasted(self, image: Image, generator: Generator) -> Image:
        if not _coin(generator):
            return image
        return scale_shift(image, scale=generator.uniform(*self.contrast))


def _coin(generator: Generator) -> bool:
    return bool(generator.random() < 0.5)
