"""Grass cover sets: five levels of cover from low to high. Two kinds of label that are never mixed.

``weak_cover5`` is computed from NDVI and counts trees; ``grass_cover5`` rests on land cover and does not.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from rsseg_training.sampling.chip import Chip, read_labels, read_tiff

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_grass"]


def read_grass(folder: Path, label: str, *, images: str = "images") -> tuple[Chip, ...]:
    """Read one set.

    Parameters
    ----------
    folder : Path
        The set's folder.
    label : str
        ``weak_cover5`` or ``grass_cover5``: the folder of masks.
    images : str
        Folder of images: one date of a set with two.
    """
    with (folder / "index.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    chips = []
    for row in rows:
        name = row["name"]
        bands = read_tiff(folder / images / f"{name}.tif")[:3]
        image = np.ascontiguousarray(np.true_divide(bands, 255).astype(np.float32))
        labels = read_labels(folder / label / f"{name}.png")
        group = _group(folder.name, name)
        chips.append(Chip(folder.name, name, row["split"], group, image, labels))
    return tuple(chips)


def _group(dataset: str, name: str) -> str:
    """Return town, place or tile of a chip."""
    if dataset == "naip_california":
        return "_".join(name.split("_")[:-2])
    if dataset == "naip_prairie":
        return "_".join(name.split("_")[-2:])
    return "_".join(name.split("_")[:2])
