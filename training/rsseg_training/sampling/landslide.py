"""Landslide sets: 0 background, 1 landslide."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from rsseg_training.sampling.chip import Chip, read_labels, read_rgb, read_tiff

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["read_hokkaido", "read_landslide"]

_SCENE_BLOCK_PX = 256
_ZERO_ONE = {"coseismic_256", "mars_valles", "uav_road"}


def read_landslide(folder: Path, name: str) -> tuple[Chip, ...]:
    """Read one set of the landslide pack by its index.

    Parameters
    ----------
    folder : Path
        The pack's folder, with ``index.csv``.
    name : str
        Value of the index's column ``set``.
    """
    with (folder / "index.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["set"] == name and row["mask"]]
    return tuple(_chip(folder, row) for row in rows)


def _chip(folder: Path, row: dict[str, str]) -> Chip:
    path = folder / row["image"]
    mask = read_labels(folder / row["mask"])
    labels = mask if row["set"] in _ZERO_ONE else (mask >= 128).astype(np.uint8)
    return Chip(row["set"], path.stem, row["split"], path.stem, _image(path), labels)


def _image(path: Path) -> npt.NDArray[np.float32]:
    if path.suffix not in {".tif", ".tiff"}:
        return read_rgb(path)
    values = read_tiff(path)[:3]
    scale = 255 if values.dtype == np.uint8 else 1
    return np.ascontiguousarray(np.clip(values.astype(np.float32) / scale, 0, 1))


def read_hokkaido(folder: Path) -> tuple[Chip, ...]:
    """Read the weakly labelled Sentinel-2 scene of Hokkaido, cut into blocks without overlap.

    Its numbers are reflectance x 10000, shown as in the plugin: the square root of reflectance.
    """
    scene = folder / "hokkaido_s2_weak"
    values = read_tiff(scene / "s2_iburi_post_event.tif")[:3].astype(np.float32) / 10_000
    labels = read_labels(scene / "s2_iburi_weak_mask.png")
    shown = np.sqrt(np.clip(values, 0, 1))
    chips = []
    for row in range(0, shown.shape[1], _SCENE_BLOCK_PX):
        for column in range(0, shown.shape[2], _SCENE_BLOCK_PX):
            window = (slice(row, row + _SCENE_BLOCK_PX), slice(column, column + _SCENE_BLOCK_PX))
            image = np.ascontiguousarray(shown[:, window[0], window[1]].astype(np.float32))
            block = np.ascontiguousarray(labels[window].astype(np.uint8))
            chips.append(Chip("hokkaido_s2_weak", f"r{row}_c{column}", "weak", "hokkaido", image, block))
    return tuple(chips)
