"""Projects with labels that were edited through their journal."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.editing import Operation, open_session
from napari_rsseg.project import Project
from napari_rsseg.scenes import Window, open_scene
from napari_rsseg.settings import data_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with a real landslide scene of 256 x 256 pixels, and one of 1100 x 900 pixels."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    shutil.copy2(min((data_folder() / "landslide/coseismic_256/images").glob("*.tif")), folder / "a.tif")
    numbers = np.random.default_rng(0).integers(0, 200, (3, 1100, 900), dtype=np.uint8)
    with rasterio.open(
        folder / "b.tif", "w", driver="GTiff", count=3, height=1100, width=900, dtype="uint8",
        crs="EPSG:32633", transform=from_origin(500_000, 5_000_000, 10, 10),
    ) as dataset:  # fmt: skip
        dataset.write(numbers)
    return folder


@pytest.fixture
def edited(tmp_path: Path, pictures: Path) -> Path:
    """A closed project of both scenes; strokes lie all over the larger one."""
    with Project.create(tmp_path / "project", name="Slides", scheme=LANDSLIDE, annotator="ada") as project:
        for path in sorted(pictures.glob("*.tif")):
            project.add_scene(open_scene(path))
        paint(project, "b", seed=0, count=40)
    return project.root


def paint(project: Project, scene_id: str, *, seed: int, count: int) -> None:
    """Paint squares of either class at random places, as one session."""
    session, _ = open_session(project, project.scene(scene_id))
    generator = np.random.default_rng(seed)
    for _ in range(count):
        row, column = generator.integers(0, session.labels.window.shape)
        window = Window(int(row), int(row) + 60, int(column), int(column) + 60)
        session.apply(Operation("brush", window, np.ones((60, 60), np.bool_), int(generator.integers(0, 2))))
    session.close()
