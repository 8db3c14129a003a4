"""Layers that a product brings beside its bands: scene classification, quality bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.scenes.pixels import PixelSource
    from napari_rsseg.scenes.scene import Level
    from napari_rsseg.scenes.windows import Window

__all__ = ["ExtraLayer"]


class ExtraLayer:
    """Integers on the grid of a scene, with a meaning for each.

    Parameters
    ----------
    name : str
        As the product calls it.
    pixels : PixelSource
        The numbers; enlarged to the scene's grid by repeating pixels.
    classes : mapping
        Meaning by number; empty where the numbers are bit fields.
    bits : mapping
        Meaning by bit position; empty where the numbers are classes.
    """

    def __init__(
        self, name: str, pixels: PixelSource, *, classes: Mapping[int, str], bits: Mapping[int, str]
    ) -> None:
        self.name, self.classes, self.bits = name, classes, bits
        self._pixels = pixels

    @property
    def levels(self) -> tuple[Level, ...]:
        """Level 0 is the scene's."""
        return self._pixels.levels

    def read(self, window: Window, *, level: int = 0) -> npt.NDArray[np.generic]:
        """Return (height, width) of a window inside the level."""
        numbers: npt.NDArray[np.generic] = self._pixels.read(window, level, (0,))[0]
        return numbers

    def close(self) -> None:
        """Release the file."""
        self._pixels.close()
