"""Every labelled set of the shared data with the words that import it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SCHEMES", "SETS", "LabelledSet"]

_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")
_NAMES = {
    "aerial": ("impervious", "building", "low vegetation", "tree", "car", "clutter"),
    "loveda": ("background", "building", "road", "water", "barren", "forest", "agriculture"),
    "landcover": ("water", "tree canopy", "low vegetation", "barren", "impervious", "road"),
    "nlcd": ("water", "developed", "barren", "forest", "shrub", "grassland", "crops"),
    "landuse": ("cultivated", "forest", "grassland", "shrubland", "artificial"),
    "green": ("other", "green"),
}


def _scheme(name: str) -> str:
    lines = [f'name = "{name}"']
    for title, colour in zip(_NAMES[name], _COLOURS, strict=False):
        lines += ["", "[[classes]]", f'name = "{title}"', f'colour = "{colour}"']
    return "\n".join(lines) + "\n"


SCHEMES = {name: _scheme(name) for name in _NAMES}
"""Classes of sets that are about something else, as files that a user writes."""


@dataclass(frozen=True)
class LabelledSet:
    """A set.

    Attributes
    ----------
    images, masks : str
        Below the shared data.
    schema : str
        Built in, or one of `SCHEMES`.
    id_map : str
        What its values mean.
    tolerance : int
        How far they may be off.
    count : int
        Number of images.
    """

    images: str
    masks: str
    schema: str
    id_map: str
    count: int
    tolerance: int = 0


def _numbered(schema: str) -> str:
    return "0=ignore," + ",".join(f"{index}={name}" for index, name in enumerate(_NAMES[schema], start=1))


_SLIDES = "255=landslide"
SETS = (
    LabelledSet("cloud/l8_biome_4class/images", "cloud/l8_biome_4class/masks", "cloud", "", 21),
    LabelledSet("cloud/l8_biome_binary/images", "cloud/l8_biome_binary/masks", "cloud", "1=cloud", 21),
    LabelledSet("cloud/s2_alberta_shadow/images", "cloud/s2_alberta_shadow/masks", "cloud", "", 11),
    LabelledSet(
        "cross_domain/aerial_isprs/images", "cross_domain/aerial_isprs/masks", "aerial",
        _numbered("aerial"), 2,
    ),
    LabelledSet(
        "cross_domain/aerial_loveda/images", "cross_domain/aerial_loveda/masks", "loveda",
        _numbered("loveda"), 3,
    ),
    LabelledSet(
        "cross_domain/s2_cloud_target/images", "cross_domain/s2_cloud_target/masks", "cloud", "1=cloud", 4
    ),
    LabelledSet(
        "grass/chesapeake_quad_24m/image.tif", "grass/chesapeake_quad_24m/landcover.png", "landcover",
        _numbered("landcover"), 1,
    ),
    LabelledSet(
        "grass/chesapeake_quad_24m/image.tif", "grass/chesapeake_quad_24m/nlcd2011.png", "nlcd",
        "0=ignore,11=water,21-24=developed,31=barren,41-43=forest,52=shrub,71-81=grassland,82=crops,"
        "90-95=water", 1,
    ),
    LabelledSet(
        "grass/chesapeake_wv/images", "grass/chesapeake_wv/landcover", "landcover", _numbered("landcover"), 6
    ),
    LabelledSet(
        "grass/chesapeake_wv/images_older", "grass/chesapeake_wv/landcover", "landcover",
        _numbered("landcover"), 6,
    ),
    LabelledSet("grass/chesapeake_wv/images", "grass/chesapeake_wv/grass_cover5", "grass", "", 6),
    LabelledSet("grass/naip_california/images", "grass/naip_california/weak_cover5", "grass", "", 22),
    LabelledSet("grass/naip_california/images", "grass/naip_california/weak_green", "green", "", 22),
    LabelledSet("grass/naip_prairie/images", "grass/naip_prairie/weak_cover5", "grass", "", 4),
    LabelledSet("grass/naip_prairie/images", "grass/naip_prairie/weak_green", "green", "", 4),
    LabelledSet(
        "grass/slovenia_s2/images", "grass/slovenia_s2/landuse.png", "landuse",
        "0=ignore,1=cultivated,2=forest,3=grassland,4=shrubland,8=artificial", 4,
    ),
    LabelledSet("landslide/bijie_half/images", "landslide/bijie_half/masks", "landslide", _SLIDES, 23),
    LabelledSet("landslide/bijie_native/images", "landslide/bijie_native/masks", "landslide", _SLIDES, 20),
    LabelledSet("landslide/bijie_negatives/images", "landslide/bijie_negatives/masks", "landslide", "", 7),
    LabelledSet(
        "landslide/chattogram_s2_sparse/images", "landslide/chattogram_s2_sparse/masks", "landslide",
        "0=ignore,1=background,2=landslide", 2,
    ),
    LabelledSet("landslide/coseismic_256/images", "landslide/coseismic_256/masks", "landslide", "", 15),
    LabelledSet(
        "landslide/hokkaido_s2_weak/s2_iburi_post_event.tif",
        "landslide/hokkaido_s2_weak/s2_iburi_weak_mask.png", "landslide", "", 1,
    ),
    LabelledSet(
        "landslide/landslide4sense/images", "landslide/landslide4sense/masks", "landslide", _SLIDES, 86
    ),
    LabelledSet("landslide/mars_valles/images", "landslide/mars_valles/masks", "landslide", "", 12),
    LabelledSet(
        "landslide/tianshui_geoeye1/images", "landslide/tianshui_geoeye1/masks", "landslide",
        "0=background,255=landslide", 6, tolerance=127,
    ),
    LabelledSet("landslide/uav_road/images", "landslide/uav_road/masks", "landslide", "", 7),
    LabelledSet(
        "scenes/uav_road_landslide_2048.tif", "scenes/uav_road_landslide_2048_mask.tif", "landslide", "", 1
    ),
)  # fmt: skip
