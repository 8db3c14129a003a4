"""How TransLandSeg's program brings an image and its mask to the network, in Pillow's 8-bit arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from napari_rsseg.models.torchvision_operators import ensure_torchvision

ensure_torchvision()

from torchvision.transforms.v2 import functional  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

__all__ = ["ColourJitter", "jittered", "squashed_image", "squashed_mask", "validation_indices"]

Pixels = npt.NDArray[np.uint8]
_MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
_STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)
_HALF = 0.5
_VALIDATION_SHARE = 0.3
Change = Literal["brightness", "contrast", "saturation", "hue"]
_CHANGES: dict[Change, Callable[[Image.Image, float], Image.Image]] = {
    "brightness": functional.adjust_brightness,
    "contrast": functional.adjust_contrast,
    "saturation": functional.adjust_saturation,
    "hue": functional.adjust_hue,
}


def squashed_image(image: Pixels, side: int) -> npt.NDArray[np.float32]:
    """Return the network's input (3, side, side) of an RGB image (H, W, 3).

    The image is resized bilinearly with antialiasing, its aspect not kept, and normalised by ImageNet's
    figures.
    """
    resized = Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR)
    values = (np.asarray(resized, dtype=np.float32) / np.float32(255) - _MEAN) / _STD
    return np.asarray(values.transpose(2, 0, 1), dtype=np.float32)


def squashed_mask(mask: Pixels, side: int) -> npt.NDArray[np.float32]:
    """Return the target (1, side, side), 0 or 1, of a mask (H, W) of 0 and 255, by nearest neighbour.

    As published, a value of at most 127 is background: a mask stored as 0 and 1 has no foreground.
    """
    resized = Image.fromarray(mask).resize((side, side), Image.Resampling.NEAREST)
    return (np.asarray(resized, dtype=np.float32)[None] / 255 > _HALF).astype(np.float32)


def jittered(image: Pixels, change: Change, amount: float) -> Pixels:
    """Return an RGB image (H, W, 3) with one property of its colours changed.

    Parameters
    ----------
    image : ndarray, (H, W, 3), uint8
        As stored.
    change : {"brightness", "contrast", "saturation", "hue"}
        Which property.
    amount : float
        A factor; of the hue a rotation in turns, -0.5 to 0.5.
    """
    return np.asarray(_CHANGES[change](Image.fromarray(image), amount), dtype=np.uint8)


@dataclass(frozen=True)
class ColourJitter:
    """The published random change of colour.

    Attributes
    ----------
    factor : float
        Brightness, contrast and saturation are multiplied by 1 - factor to 1 + factor.
    hue : float
        Largest rotation, turns.
    """

    factor: float = 0.4
    hue: float = 0.1

    def __call__(self, image: Pixels, generator: Generator) -> Pixels:
        """Return an RGB image (H, W, 3) with other colours; the four changes come in random order."""
        low, high = 1 - self.factor, 1 + self.factor
        amounts: dict[Change, float] = {
            "brightness": generator.uniform(low, high),
            "contrast": generator.uniform(low, high),
            "saturation": generator.uniform(low, high),
            "hue": generator.uniform(-self.hue, self.hue),
        }
        names = list(amounts)
        for index in generator.permutation(len(names)):
            image = jittered(image, names[index], amounts[names[index]])
        return image


def validation_indices(count: int, seed: int = 42) -> npt.NDArray[np.int64]:
    """Return which of ``count`` images, sorted by name, the published split keeps for validation."""
    order = np.arange(count)
    np.random.RandomState(seed).shuffle(order)  # the generator of numpy.random.seed
    return order[: int(_VALIDATION_SHARE * count) + 1]
