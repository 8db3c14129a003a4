"""Procedural scenes as a labelled set, with exact truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_rsseg.scenes.windows import Window
from rsseg_training.sampling.chip import Chip

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_synthetic"]

_SIDE_PX = 512
_SEEDS = range(1000, 1008)  # the demo shows seed 0


def read_synthetic(root: Path, *, task: Literal["landslide", "cloud", "grass"]) -> tuple[Chip, ...]:
    """Generate eight scenes; a scene is a group, and the last two are for validation.

    Parameters
    ----------
    root : Path
        Not used: nothing is read.
    task : str
        Whose truth is the labels.
    """
    return tuple(_chip(seed, task) for seed in _SEEDS)


def _chip(seed: int, task: Literal["landslide", "cloud", "grass"]) -> Chip:
    from napari_rsseg.scenes import read_values
    from napari_rsseg.scenes.synthetic import SyntheticScene

    scene = SyntheticScene(_SIDE_PX, seed=seed)
    window = Window(0, _SIDE_PX, 0, _SIDE_PX)
    values, _ = read_values(scene, window, (0, 1, 2), display=True)
    split = "train" if seed < _SEEDS.stop - 2 else "val"
    labels = np.ascontiguousarray(scene.truth(task, window).astype(np.uint8))
    return Chip(f"synthetic_{task}", f"seed{seed}", split, f"seed{seed}", values.astype(np.float32), labels)
