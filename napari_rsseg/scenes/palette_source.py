"""Palette images as the colours that they mean."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.facts import BandFacts

if TYPE_CHECKING:
    from napari_rsseg.scenes.building import OpenedRaster
    from napari_rsseg.scenes.pixels import PixelSource
    from napari_rsseg.scenes.scene import Level
    from napari_rsseg.scenes.windows import Window

__all__ = ["PaletteSource", "expanded"]


class PaletteSource:
    """Red, green and blue of an image that stores numbers of colours; implements ``PixelSource``.

    Parameters
    ----------
    source : PixelSource
        One band of colour numbers.
    palette : ndarray, (entries, 3), uint8
        Red, green and blue by number.
    nodata : float or None
        Number of "nothing measured": masked, since its colour may stand for something elsewhere.
    """

    def __init__(self, source: PixelSource, palette: npt.NDArray[np.uint8], nodata: float | None) -> None:
        self._source, self._palette, self._nodata = source, palette, nodata

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Colours are uint8."""
        return np.dtype(np.uint8)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Level 0 alone: overviews of colour numbers may be mixtures that mean nothing."""
        return self._source.levels[:1]

    def read(self, window: Window, level: int, bands: tuple[int, ...]) -> npt.NDArray[np.generic]:
        """Return (len(bands), height, width)."""
        numbers = np.minimum(self._source.read(window, level, (0,))[0], len(self._palette) - 1)
        return np.stack([self._palette[numbers, band] for band in bands])

    def mask(self, window: Window, level: int) -> npt.NDArray[np.bool_] | None:
        """Return where the number is not nodata, and the file's mask says valid."""
        mask = self._source.mask(window, level)
        if self._nodata is None:
            return mask
        measured: npt.NDArray[np.bool_] = self._source.read(window, level, (0,))[0] != self._nodata
        return measured if mask is None else measured & mask

    def close(self) -> None:
        """Release the file."""
        self._source.close()


def expanded(opened: OpenedRaster, palette: npt.NDArray[np.uint8]) -> OpenedRaster:
    """Return a palette image as red, green and blue."""
    nodata = opened.facts.bands[0].nodata
    bands = tuple(BandFacts(name=colour, dtype="uint8", colour=colour) for colour in ("red", "green", "blue"))
    return replace(
        opened,
        pixels=PaletteSource(opened.pixels, palette, nodata),
        facts=replace(opened.facts, bands=bands),
        dataset=None,  # GDAL would hand out the numbers of colours
    )
