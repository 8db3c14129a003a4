"""A bounded look at a whole scene: the numbers from which its radiometry is chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.bands import role_of_description
from napari_rsseg.scenes.raster import measured
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_rsseg.scenes.facts import RasterFacts
    from napari_rsseg.scenes.pixels import PixelSource
    from napari_rsseg.scenes.pyramid import Pyramid
    from napari_rsseg.scenes.raster import SceneFacts

__all__ = ["sample_numbers", "without_false_alpha"]

_WHOLE_PX = 2048 * 2048
_BLOCK_PX = 256
_BLOCKS_ACROSS = 5
_MOST_SCANNED_PX = 2**28


def sample_numbers(pixels: Pyramid, facts: SceneFacts, uri: str) -> npt.NDArray[np.generic]:
    """Return measured numbers, (bands, n): of the finest level of at most 4 megapixels, else blocks.

    Raises
    ------
    SceneError
        When no pixel of the scene was measured.
    """
    level = next(
        (i for i, size in enumerate(pixels.levels[: pixels.stored]) if size.height * size.width <= _WHOLE_PX),
        None,
    )
    if level is not None:
        size = pixels.levels[level]
        kept = _measured(pixels, facts, Window.of(size.height, size.width), level)
    else:
        parts = [_measured(pixels, facts, window, 0) for window in _spread(pixels)]
        kept = np.concatenate(parts, axis=1)
    if kept.shape[1]:
        return kept
    if level != 0:
        for window in _all_blocks(pixels):
            kept = _measured(pixels, facts, window, 0)
            if kept.shape[1]:
                return kept
    raise SceneError(
        f"{uri} holds no measured pixel: all are nodata, masked, transparent or not finite.",
        "Check its nodata value, or choose another file.",
    )


def without_false_alpha(facts: RasterFacts, pixels: PixelSource) -> RasterFacts:
    """Return the facts with a fourth spectral band where the file calls it alpha by mistake.

    Several programs mark the fourth of any four uint8 bands as alpha. A band that names what it measures, or
    most of whose numbers are neither 0 nor the largest, is near infrared.
    """
    alpha = facts.alpha
    if alpha is None or len(facts.bands) < 4:
        return facts
    band = facts.bands[alpha]
    if role_of_description(band.name) in (None, "alpha") and not _is_mostly_between(pixels, alpha):
        return facts
    bands = list(facts.bands)
    bands[alpha] = replace(band, colour=None)
    return replace(facts, bands=tuple(bands))


def _is_mostly_between(pixels: PixelSource, alpha: int) -> bool:
    if pixels.dtype.kind != "u":
        return False
    largest = 2 ** (8 * pixels.dtype.itemsize) - 1
    numbers = np.concatenate([pixels.read(window, 0, (alpha,)).ravel() for window in _spread(pixels)])
    return float(np.mean((numbers > 0) & (numbers < largest))) > 0.5


def _measured(pixels: Pyramid, facts: SceneFacts, window: Window, level: int) -> npt.NDArray[np.generic]:
    numbers = pixels.read(window, level, facts.positions)
    good = measured(numbers, tuple(band.nodata for band in facts.bands))
    mask = pixels.mask(window, level)
    if mask is not None:
        good &= mask
    if facts.alpha is not None:
        good &= pixels.read(window, level, (facts.alpha,))[0] > 0
    return numbers[:, good]


def _spread(pixels: PixelSource) -> Iterator[Window]:
    full = pixels.levels[0]
    height, width = min(_BLOCK_PX, full.height), min(_BLOCK_PX, full.width)
    for down in range(_BLOCKS_ACROSS):
        for across in range(_BLOCKS_ACROSS):
            row = (full.height - height) * down // (_BLOCKS_ACROSS - 1)
            column = (full.width - width) * across // (_BLOCKS_ACROSS - 1)
            yield Window(row, row + height, column, column + width)


def _all_blocks(pixels: Pyramid) -> Iterator[Window]:
    full = pixels.levels[0]
    whole, side = Window.of(full.height, full.width), 4 * _BLOCK_PX
    scanned = 0
    for row in range(0, full.height, side):
        for column in range(0, full.width, side):
            if scanned > _MOST_SCANNED_PX:
                return
            scanned += side * side
            yield Window(row, row + side, column, column + side).intersection(whole)
