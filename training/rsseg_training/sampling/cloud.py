"""Cloud sets: 0 clear, 1 cloud shadow, 2 thin cloud, 3 cloud; two-class sets use groups of these."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from rsseg_training.sampling.chip import Chip, read_labels, read_rgb, read_tiff, reflectance_to_display

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

__all__ = [
    "ANY_CLOUD",
    "CLOUD_GROUPS",
    "NO_CLOUD",
    "read_alberta",
    "read_biome",
    "read_biome_binary",
    "read_s2_target",
]

NO_CLOUD = 250
"""Label of pixels that are clear or shadow, of a set that does not say which."""
ANY_CLOUD = 251
"""Label of pixels that are thin cloud or cloud, of a set that does not say which."""
CLOUD_GROUPS: dict[int, tuple[int, ...]] = {NO_CLOUD: (0, 1), ANY_CLOUD: (2, 3)}


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "index.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def read_biome(folder: Path) -> tuple[Chip, ...]:
    """Read Landsat 8 chips of four classes; a chip is a scene of its own."""
    chips = []
    for row in _rows(folder):
        name = row["name"]
        bands = read_tiff(folder / "images" / f"{name}.tif")
        image = reflectance_to_display(bands[2::-1].astype(np.float32) / 1000)  # stored blue, green, red
        labels = read_labels(folder / "masks" / f"{name}.png")
        chips.append(Chip("l8_biome_4class", name, row["split"], name, np.ascontiguousarray(image), labels))
    return tuple(chips)


def read_alberta(folder: Path) -> tuple[Chip, ...]:
    """Read Sentinel-2 cumulus chips of one place; a date is a group."""
    chips = []
    for row in _rows(folder):
        name = row["name"]
        bands = read_tiff(folder / "images" / f"{name}.tif")[:3]
        image = reflectance_to_display(bands.astype(np.float32) / 10_000)
        labels = read_labels(folder / "masks" / f"{name}.png")
        chips.append(Chip("s2_alberta_shadow", name, row["split"], row["date"], image, labels))
    return tuple(chips)


def read_biome_binary(folder: Path) -> tuple[Chip, ...]:
    """Read stretched Landsat 8 chips of two classes, grouped by scene; outside the swath nothing is said."""
    chips = []
    for row in _rows(folder):
        name = row["name"]
        image = read_rgb(folder / "images" / f"{name}.png")
        labels = _grouped(read_labels(folder / "masks" / f"{name}.png"))
        labels[(image == 0).all(axis=0)] = IGNORED
        chips.append(Chip("l8_biome_binary", name, row["split"], name.split("_")[0], image, labels))
    return tuple(chips)


def read_s2_target(folder: Path) -> tuple[Chip, ...]:
    """Read the four Sentinel-2 chips of the On Cloud N challenge, grouped by challenge chip."""
    chips = []
    for row in _rows(folder):
        name = row["name"]
        bands = read_tiff(folder / "images" / f"{name}.tif")
        image = reflectance_to_display(bands[2::-1].astype(np.float32) / 10_000)  # stored blue, green, red
        labels = _grouped(read_labels(folder / "masks" / f"{name}.png"))
        group = "_".join(name.split("_")[:2])
        chips.append(Chip("s2_cloud_target", name, row["split"], group, np.ascontiguousarray(image), labels))
    return tuple(chips)


def _grouped(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.where(mask == 1, ANY_CLOUD, NO_CLOUD).astype(np.uint8)
