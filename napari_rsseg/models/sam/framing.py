"""Between an image of any size and SAM's square one: pixels, coordinates, and masks back.

The longer side of the image becomes that of the square, the rest of the square is 0 after normalising.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

if TYPE_CHECKING:
    import numpy.typing as npt
    from torch import Tensor

__all__ = ["Frame", "normalised_square", "resized"]

_MEAN = (123.675, 116.28, 103.53)
_STD = (58.395, 57.12, 57.375)


@dataclass(frozen=True)
class Frame:
    """Where an image lies in the network's square.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns of the image.
    inner : (int, int)
        Rows and columns that it fills of the square, from its upper left corner.
    side_px : int
        Side of the square.
    """

    shape: tuple[int, int]
    inner: tuple[int, int]
    side_px: int

    @classmethod
    def filling(cls, shape: tuple[int, int], side_px: int) -> Frame:
        """Return the published frame: the longer side of the image is that of the square."""
        scale = side_px / max(shape)
        return cls(shape, (int(shape[0] * scale + 0.5), int(shape[1] * scale + 0.5)), side_px)

    def to_square(self, xy: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Map points (..., 2) of x, y in pixels of the image to pixels of the square."""
        (height, width), (inner_height, inner_width) = self.shape, self.inner
        return xy.astype(np.float64) * (inner_width / width, inner_height / height)

    def boxes_to_square(self, boxes: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Map boxes (..., 4) of x0, y0, x1, y1 as two points each."""
        corners = boxes.reshape(*boxes.shape[:-1], 2, 2)
        return self.to_square(corners).reshape(boxes.shape)

    def to_image(self, low_res: Tensor) -> Tensor:
        """Map low-resolution logits (B, M, 4n, 4n) to logits of the image (B, M, H, W)."""
        square = _interpolated(low_res, (self.side_px, self.side_px))
        return _interpolated(square[..., : self.inner[0], : self.inner[1]], self.shape)


def resized(image: npt.NDArray[np.uint8], shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Resize an image (H, W, 3) to rows and columns: Pillow, bilinear with antialiasing, on 8 bits."""
    if image.shape[:2] == shape:
        return image
    made = Image.fromarray(image).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(made)


def normalised_square(image: npt.NDArray[np.uint8], side_px: int) -> Tensor:
    """Return what the encoder sees of an image.

    Parameters
    ----------
    image : ndarray, (h, w, 3), uint8
        RGB, already of the size it fills of the square.
    side_px : int
        Side of the square, at least h and w.

    Returns
    -------
    Tensor, (1, 3, side_px, side_px), float32
        Normalised on values of 0 to 255, then filled up with zeros at the right and at the bottom.
    """
    values = torch.from_numpy(np.array(image)).permute(2, 0, 1).float()
    normal = (values - torch.tensor(_MEAN).view(3, 1, 1)) / torch.tensor(_STD).view(3, 1, 1)
    height, width = image.shape[:2]
    return functional.pad(normal, (0, side_px - width, 0, side_px - height)).unsqueeze(0)


def _interpolated(values: Tensor, shape: tuple[int, int]) -> Tensor:
    return functional.interpolate(values, shape, mode="bilinear", align_corners=False)
