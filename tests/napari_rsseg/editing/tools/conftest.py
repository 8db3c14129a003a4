"""A real scene with its published mask."""

from __future__ import annotations

import numpy as np
import pytest

from napari_rsseg.editing.tools import Seen
from napari_rsseg.scenes import open_scene, read_values
from napari_rsseg.scenes.masks import read_mask
from napari_rsseg.scenes.windows import Window
from napari_rsseg.settings import data_folder
from tests.array_ground import ArrayGround

SCENE, MASK = "s2_iburi_post_event.tif", "s2_iburi_weak_mask.png"
CROP = Window(300, 700, 350, 800)


@pytest.fixture(scope="session")
def hokkaido() -> tuple[ArrayGround, Seen]:
    """Landslides of the 2018 Iburi earthquake: labels of a published mask, and the picture beneath."""
    folder = data_folder() / "landslide" / "hokkaido_s2_weak"
    if not (folder / SCENE).is_file():
        pytest.skip(f"{folder} is not on this machine: RSSEG_DATA names no folder with the real scenes")
    scene = open_scene(folder / SCENE)
    ids = read_mask(folder / MASK).read(CROP)
    values, valid = read_values(scene, CROP, (0, 1, 2))
    scene.close()
    ground = ArrayGround(ids, (CROP.row_start, CROP.column_start), measured=valid)
    return ground, Seen(CROP, np.moveaxis(values, 0, -1).copy())
