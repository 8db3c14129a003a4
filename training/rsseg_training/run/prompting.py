"""Which images simulated users work on: some to train the classical segmenter, others to measure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_rsseg.engine.forward_thread import ForwardThread
from napari_rsseg.engine.prompting.segmenters import load_features
from napari_rsseg.registry import default_model
from rsseg_training.evaluation.clicks import objects_of
from rsseg_training.sampling import ANY_CLOUD, SETS, read_set

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    from rsseg_training.sampling import Chip

__all__ = [
    "MEASURED_SETS",
    "OBJECT_CLASSES",
    "measured_objects",
    "rgb_of",
    "starter_features",
    "training_chips",
]

OBJECT_CLASSES: dict[str, tuple[int, ...]] = {
    "landslide4sense": (1,),
    "hokkaido_s2_weak": (1,),
    "bijie_native": (1,),
    "bijie_half": (1,),
    "coseismic_256": (1,),
    "tianshui_geoeye1": (1,),
    "uav_road": (1,),
    "mars_valles": (1,),
    "l8_biome_4class": (2, 3),
    "s2_alberta_shadow": (2, 3),
    "l8_biome_binary": (ANY_CLOUD,),
    "s2_cloud_target": (ANY_CLOUD,),
}
"""Class ids that make an object, of each set: landslides, and any cloud."""

MEASURED_SETS = tuple(OBJECT_CLASSES)
IMAGES_PER_SET, OBJECTS_PER_IMAGE = 8, 2
_SYNTHETIC = {"synthetic_landslide": (1,), "synthetic_cloud": (2, 3)}
_GREY, _EXCHANGED = 0.15, 0.3
_UNTOUCHED = ("s2_cloud_target",)  # may be trained on, but another sensor is better kept to measure


def _shuffled(name: str, root: Path) -> list[Chip]:
    chips = read_set(name, root)
    return [chips[index] for index in np.random.default_rng(0).permutation(len(chips))]


def measured_objects(name: str, root: Path) -> list[tuple[Chip, list[npt.NDArray[np.bool_]]]]:
    """Return the images of a set that figures are measured on, each with its objects.

    At most 8 images, drawn with a fixed seed, and of each the two largest objects.
    """
    found = []
    for chip in _shuffled(name, root)[:IMAGES_PER_SET]:
        objects = objects_of(np.isin(chip.labels, OBJECT_CLASSES[name]), OBJECTS_PER_IMAGE)
        if objects:
            found.append((chip, objects))
    return found


def training_chips(root: Path) -> list[tuple[Chip, tuple[int, ...]]]:
    """Return images to train on, with the classes that make an object: none that figures are measured on.

    Of the sets whose terms allow weights to be shipped, and of synthetic scenes.
    """
    random = np.random.default_rng(0)
    found = []
    for name, classes in OBJECT_CLASSES.items():
        if SETS[name].trainable and name not in _UNTOUCHED:
            found += [(chip, classes) for chip in _shuffled(name, root)[IMAGES_PER_SET:]]
    for name, classes in _SYNTHETIC.items():
        found += [(chip, classes) for chip in read_set(name, root)]
    return [(_recoloured(chip, random), classes) for chip, classes in found]


def _recoloured(chip: Chip, random: np.random.Generator) -> Chip:
    """Exchange the colours of some images and make others grey: sensors differ more than these sets do."""
    draw = random.random()
    if draw < _GREY:
        return replace(chip, image=np.repeat(chip.image.mean(axis=0, keepdims=True), 3, axis=0))
    if draw < _GREY + _EXCHANGED:
        return replace(chip, image=np.ascontiguousarray(chip.image[random.permutation(3)]))
    return chip


def rgb_of(chip: Chip) -> npt.NDArray[np.uint8]:
    """Return a chip as what a screen shows, (H, W, 3)."""
    return np.ascontiguousarray(np.rint(chip.image * 255).astype(np.uint8).transpose(1, 2, 0))


def starter_features() -> Callable[[str, npt.NDArray[np.uint8]], list[npt.NDArray[np.float32]]]:
    """Return what gives a starter's features of an image, by the name of the set that the image is of."""
    thread = ForwardThread()
    device = torch.device("cpu")
    students = {
        task: load_features(model.card, model.weights_path, device, thread)
        for task, model in ((task, default_model(task)) for task in ("landslide", "cloud"))
    }

    def levels_of(dataset: str, image: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.float32]]:
        return students[SETS[dataset].task].levels(image)

    return levels_of
