"""Default palettes are told apart by colour-blind readers; published ones can be chosen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from napari_rsseg.classes import (
    BUILTIN_SCHEMES,
    IGNORED,
    PALETTES,
    Scheme,
    colour_table,
    palettes_of,
    recolour,
)
from napari_rsseg.errors import SchemeError

# Machado, Oliveira and Fernandes 2009 (IEEE TVCG 15:1291), severity 1.0, on linear RGB
VISION = {
    "full": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
SMALLEST_DISTANCE = 12.0  # CIEDE2000; neighbouring steps of ColorBrewer's five-class YlGn are 7 to 12 apart


def seen(colours: npt.NDArray[np.float64], vision: str) -> npt.NDArray[np.float64]:
    """Return sRGB colours as seen, (classes, 3), 0 to 1."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ VISION[vision].T, 0, 1)
    shown: npt.NDArray[np.float64] = np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return shown


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("scheme", BUILTIN_SCHEMES.values(), ids=lambda scheme: scheme.name)
def test_default_colours_are_told_apart_by_every_eye(scheme: Scheme, vision: str) -> None:
    colours = colour_table(scheme)[: len(scheme.classes), :3] / 255
    lab = rgb2lab(seen(colours, vision)[None])[0]
    distance = deltaE_ciede2000(lab[:, None], lab[None, :])
    np.fill_diagonal(distance, np.inf)
    assert distance.min() >= SMALLEST_DISTANCE


@pytest.mark.parametrize("scheme", BUILTIN_SCHEMES.values(), ids=lambda scheme: scheme.name)
def test_the_first_palette_is_the_default_and_all_fit(scheme: Scheme) -> None:
    assert recolour(scheme, palettes_of(scheme)[0]) == scheme
    for palette in palettes_of(scheme):
        assert tuple(recolour(scheme, palette).names) == scheme.names
    assert set(PALETTES) == set(BUILTIN_SCHEMES)


def test_an_unknown_palette_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SchemeError, match="KTDA paper"):
        recolour(BUILTIN_SCHEMES["grass"], "rainbow")


def test_the_colour_table_is_transparent_where_nothing_is_said() -> None:
    table = colour_table(BUILTIN_SCHEMES["landslide"])
    assert table[1].tolist() == [0xD5, 0x5E, 0x00, 255]
    assert not table[IGNORED].any()
    assert not table[2:].any()
