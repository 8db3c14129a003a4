"""Colours of classes: palettes that colour-blind readers tell apart, and those of the published papers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import IGNORED, Scheme
from napari_rsseg.errors import SchemeError

__all__ = ["PALETTES", "colour_table", "palettes_of", "recolour"]

# KTDA: the colours of the authors' grass and L8 Biome data sets; L8 Biome: the ids as the same authors'
# Cloud-Adapter masks store them (0, 85, 170, 255); TransLandSeg: its masks are 0 and 255.
PALETTES: dict[str, dict[str, tuple[str, ...]]] = {
    "grass": {
        "colour-blind safe": ("#f4fee3", "#e9dd63", "#85a04c", "#347a55", "#003d3c"),
        "KTDA paper": ("#b96547", "#f8ca9b", "#d3e89e", "#8abf68", "#5c904d"),
    },
    "cloud": {
        "colour-blind safe": ("#009e73", "#0072b2", "#56b4e9", "#f0e442"),
        "KTDA paper": ("#4ffdc7", "#dd35df", "#fbff29", "#4d0273"),
        "L8 Biome masks": ("#000000", "#555555", "#aaaaaa", "#ffffff"),
    },
    "landslide": {
        "colour-blind safe": ("#999999", "#d55e00"),
        "TransLandSeg masks": ("#000000", "#ffffff"),
    },
}
"""Colours in order of the ids, by scheme and palette; the first of each scheme is its default."""


def palettes_of(scheme: Scheme) -> tuple[str, ...]:
    """Return the names of the palettes of a scheme, its default first; empty for custom schemes."""
    return tuple(PALETTES.get(scheme.name, {}))


def recolour(scheme: Scheme, palette: str) -> Scheme:
    """Return the scheme in the colours of another palette.

    Raises
    ------
    SchemeError
        When the scheme has no such palette, or another number of classes.
    """
    known = PALETTES.get(scheme.name, {})
    if palette not in known:
        raise SchemeError(
            f"Scheme {scheme.name} has no palette {palette!r}.",
            f"Its palettes are {', '.join(known) or 'only its own colours'}.",
        )
    colours = known[palette]
    if len(colours) != len(scheme.classes):
        raise SchemeError(
            f"Palette {palette!r} has {len(colours)} colours for {len(scheme.classes)} classes.",
            "Choose colours in the scheme's own file.",
        )
    classes = tuple(
        definition.model_copy(update={"colour": colour})
        for definition, colour in zip(scheme.classes, colours, strict=True)
    )
    return scheme.model_copy(update={"classes": classes})


def colour_table(scheme: Scheme) -> npt.NDArray[np.uint8]:
    """Return the colour of each label id.

    Returns
    -------
    ndarray, (256, 4), uint8
        Red, green, blue, alpha; transparent black for 255 and for ids that the scheme lacks.
    """
    table = np.zeros((IGNORED + 1, 4), dtype=np.uint8)
    for label, definition in enumerate(scheme.classes):
        table[label] = (*bytes.fromhex(definition.colour[1:]), 255)
    return table
