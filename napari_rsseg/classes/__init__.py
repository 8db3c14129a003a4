"""Class schemes and palettes."""

from napari_rsseg.classes.palette import PALETTES, colour_table, palettes_of, recolour
from napari_rsseg.classes.scheme import (
    BUILTIN_SCHEMES,
    CLOUD,
    GRASS,
    IGNORED,
    LANDSLIDE,
    ClassDefinition,
    Scheme,
    builtin_scheme,
)
from napari_rsseg.classes.scheme_file import dump_scheme, load_scheme, named_scheme

__all__ = [
    "BUILTIN_SCHEMES",
    "CLOUD",
    "GRASS",
    "IGNORED",
    "LANDSLIDE",
    "PALETTES",
    "ClassDefinition",
    "Scheme",
    "builtin_scheme",
    "colour_table",
    "dump_scheme",
    "load_scheme",
    "named_scheme",
    "palettes_of",
    "recolour",
]
