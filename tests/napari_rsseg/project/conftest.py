"""Projects over real scenes, small ones."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.project import Project
from napari_rsseg.scenes import open_scene
from napari_rsseg.settings import data_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with two real landslide scenes of 256 x 256 pixels, with their CRS."""
    source = data_folder() / "landslide/coseismic_256/images"
    if not source.is_dir():
        pytest.skip("RSSEG_DATA holds no labelled sets")
    folder = tmp_path / "pictures"
    folder.mkdir()
    for path in sorted(source.glob("*.tif"))[:2]:
        shutil.copy2(path, folder)
    return folder


@pytest.fixture
def project(tmp_path: Path, pictures: Path) -> Iterator[Project]:
    """A landslide project of both scenes, open to write."""
    with Project.create(tmp_path / "project", name="Slides", scheme=LANDSLIDE, annotator="ada") as made:
        for path in sorted(pictures.glob("*.tif")):
            scene = open_scene(path)
            made.add_scene(scene)
            scene.close()
        yield made


@pytest.fixture
def write_other() -> Callable[[Path], Path]:
    """Return a function that writes another scene to a path."""

    def write(path: Path) -> Path:
        numbers = np.arange(2 * 40 * 50, dtype=np.uint16).reshape(2, 40, 50)
        with rasterio.open(
            path, "w", driver="GTiff", count=2, height=40, width=50, dtype="uint16",
            crs="EPSG:32633", transform=from_origin(500_000, 5_000_000, 10, 10),
        ) as dataset:  # fmt: skip
            dataset.write(numbers)
        return path

    return write
