"""KTDA's data and learning rates against the published program.

Covered modes: ``preprocess`` and ``schedule``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_rsseg.scenes import Window, open_scene
from rsseg_training.augmentation.published_pipeline import normalised, padded, resized
from rsseg_training.loop.schedule import warm_up_and_power

if TYPE_CHECKING:
    from pathlib import Path

    from tests.golden.conftest import GoldenCase

FAMILY = "ktda"
_RATE = 6e-4
_SCHEDULES = {
    "grass": {"steps": 23_000, "warm_up": 1150, "decay_from": 1150},
    "cloud": {"steps": 80_000, "warm_up": 2000, "decay_from": 1000},
}


def _stored_and_read(rgb: np.ndarray, path: Path) -> np.ndarray:
    """Write an RGB image to a file and read it as a scene of this program."""
    if path.suffix == ".tif":
        import tifffile

        tifffile.imwrite(path, rgb, photometric="rgb")
    else:
        from PIL import Image

        Image.fromarray(rgb).save(path)
    scene = open_scene(path)
    read = scene.read(Window.of(*rgb.shape[:2]))
    scene.close()
    return read.transpose(1, 2, 0)


def test_images_and_labels_come_to_the_network_as_published(
    preprocess_case: GoldenCase, tmp_path: Path
) -> None:
    options, inputs = preprocess_case.words["options"], preprocess_case.inputs()
    rgb, label = (inputs[name].numpy().astype(np.uint8) for name in ("rgb", "label"))
    if "smooth" in options:
        every = options["smooth"]
        coarse = rgb[::every, ::every].repeat(every, axis=0).repeat(every, axis=1)
        rgb = coarse[: rgb.shape[0], : rgb.shape[1]]
    image = _stored_and_read(rgb, tmp_path / f"image{options['suffix']}")
    if options["scale"] is not None:
        width, height = options["scale"]
        image = resized(image, (height, width))
    tensor = normalised(image)
    if options["training"]:
        tensor, label = padded(tensor, label, tuple(options["size"]))
    preprocess_case.compare(
        {"tensor": torch.from_numpy(tensor)[None], "label": torch.from_numpy(label)[None]}
    )


def test_the_learning_rate_of_every_iteration_is_the_published_one(schedule_case: GoldenCase) -> None:
    options = schedule_case.words["options"]
    words = _SCHEDULES[options["name"]]
    rates = [_RATE * warm_up_and_power(step, **words) for step in options["iterations"]]
    schedule_case.compare({"lr": torch.tensor(rates, dtype=torch.float64)})
