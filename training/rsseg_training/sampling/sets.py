"""The labelled sets by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from napari_rsseg.errors import TrainingError
from rsseg_training.sampling.cloud import read_alberta, read_biome, read_biome_binary, read_s2_target
from rsseg_training.sampling.grass import read_grass
from rsseg_training.sampling.landslide import read_hokkaido, read_landslide
from rsseg_training.sampling.synthetic import read_synthetic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rsseg_training.sampling.chip import Chip

__all__ = ["SETS", "LabelledSet", "read_set"]


@dataclass(frozen=True)
class LabelledSet:
    """A labelled set and its terms.

    Attributes
    ----------
    task : str
        Name of its scheme.
    read : callable
        Reads all its chips, given the folder of the sets.
    trainable : bool
        Whether weights trained on it may be shipped.
    statement : str
        One sentence for cards: source, licence, kind of label.
    """

    task: str
    read: Callable[[Path], tuple[Chip, ...]]
    trainable: bool
    statement: str


def _landslide(name: str, *, trainable: bool, statement: str) -> LabelledSet:
    return LabelledSet(
        "landslide", lambda root: read_landslide(root / "landslide", name), trainable, statement
    )


def _grass(name: str, label: str, statement: str, images: str = "images") -> LabelledSet:
    return LabelledSet(
        "grass", lambda root: read_grass(root / "grass" / name, label, images=images), True, statement
    )


SETS: dict[str, LabelledSet] = {
    "landslide4sense": _landslide(
        "landslide4sense",
        trainable=True,
        statement="Landslide4Sense 2022 (IARAI), Sentinel-2 true colour at 10 m, 8-bit copies, MIT by its "
        "distributors; Ghorbanzadeh et al. 2022.",
    ),
    "hokkaido_s2_weak": LabelledSet(
        "landslide",
        lambda root: read_hokkaido(root / "landslide"),
        True,
        "Sentinel-2 scene of Atsuma, Hokkaido, after the earthquake of 2018, MIT repository, contains "
        "modified Copernicus Sentinel data; weak labels from slope and brightness.",
    ),
    **{
        name: _landslide(name, trainable=False, statement=f"{name}, tests only.")
        for name in (
            "bijie_native",
            "bijie_half",
            "coseismic_256",
            "tianshui_geoeye1",
            "uav_road",
            "mars_valles",
            "bijie_negatives",
        )
    },
    "l8_biome_4class": LabelledSet(
        "cloud",
        lambda root: read_biome(root / "cloud" / "l8_biome_4class"),
        True,
        "L8 Biome chips (USGS, Landsat 8, 30 m), MIT repository; Foga et al. 2017.",
    ),
    "s2_alberta_shadow": LabelledSet(
        "cloud",
        lambda root: read_alberta(root / "cloud" / "s2_alberta_shadow"),
        True,
        "Sentinel-2 cumulus fields with shadow masks near Calgary, 2020 (J. C. Layton and others), MIT, "
        "contains modified Copernicus Sentinel data; cloud labels are machine-made.",
    ),
    "l8_biome_binary": LabelledSet(
        "cloud",
        lambda root: read_biome_binary(root / "cloud" / "l8_biome_binary"),
        True,
        "L8 Biome chips stretched to 8 bit, cloud against clear (USGS, Landsat 8, 30 m).",
    ),
    "s2_cloud_target": LabelledSet(
        "cloud",
        lambda root: read_s2_target(root / "cross_domain" / "s2_cloud_target"),
        True,
        "Sentinel-2 chips of the On Cloud N challenge, cloud against clear, MIT repository.",
    ),
    "naip_california": _grass(
        "naip_california",
        "weak_cover5",
        "NAIP chips of six Californian towns at 0.6 m (USDA; Ventura et al. 2024, CC BY 4.0); weak cover "
        "levels from NDVI, trees counted.",
    ),
    "naip_prairie": _grass(
        "naip_prairie",
        "weak_cover5",
        "NAIP chips of North Dakota prairie at 5 m (USDA), MIT repository; weak cover levels from "
        "NDVI, trees counted.",
    ),
    "chesapeake_wv": _grass(
        "chesapeake_wv",
        "grass_cover5",
        "Chesapeake land cover, West Virginia, 1 m (USDA NAIP, Chesapeake Conservancy), CC0; cover levels of "
        "low vegetation, trees not counted.",
    ),
    **{
        f"synthetic_{task}": LabelledSet(
            task, partial(read_synthetic, task=task), True, "Procedural synthetic scenes with exact truth."
        )
        for task in ("landslide", "cloud", "grass")
    },
}
"""What recipes may name, by name."""


def read_set(name: str, root: Path) -> tuple[Chip, ...]:
    """Read all chips of a set.

    Parameters
    ----------
    name : str
        A key of `SETS`.
    root : Path
        Folder of the sets, ``RSSEG_DATA``.

    Raises
    ------
    TrainingError
        The name is unknown, or the set is not under the folder.
    """
    if name not in SETS:
        raise TrainingError(f"There is no labelled set {name!r}.", f"Known are {', '.join(sorted(SETS))}.")
    try:
        return SETS[name].read(root)
    except FileNotFoundError as error:
        raise TrainingError(
            f"The labelled set {name} is not complete: {error.filename} is missing.",
            "Set RSSEG_DATA to the folder of the labelled sets.",
        ) from error
