"""A project on clips of real scenes: imported masks, a correction by hand, gaps of which nothing is said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window as RasterioWindow

from napari_rsseg.classes import CLOUD, GRASS, Scheme
from napari_rsseg.datasets.collecting import collect
from napari_rsseg.datasets.making import make_version
from napari_rsseg.datasets.plan import VersionOptions, plan_version
from napari_rsseg.editing import Operation, open_session
from napari_rsseg.project import Project
from napari_rsseg.scenes.masks import read_mask
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from napari_rsseg.datasets.version import Version

BRUSH = Window(20, 60, 30, 90)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real scenes and masks."""
    data = Path(os.environ["RSSEG_DATA"])
    if not data.is_dir():
        pytest.skip(f"no shared data in {data}; set RSSEG_DATA")
    return data


def clip(source: Path, target: Path, window: Window, *, masks: npt.NDArray[np.uint8] | None = None) -> None:
    """Write a part of a raster with its place on the map; of a mask, the given numbers."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = RasterioWindow(window.column_start, window.row_start, window.width, window.height)
    with rasterio.open(source) as dataset:
        pixels = dataset.read(window=part) if masks is None else masks[None]
        profile = {
            "driver": "GTiff", "height": window.height, "width": window.width, "count": len(pixels),
            "dtype": pixels.dtype, "crs": dataset.crs, "transform": dataset.window_transform(part),
        }  # fmt: skip
        names = dataset.descriptions
    with rasterio.open(target, "w", **profile) as written:
        written.write(pixels)
        if masks is None:
            for number, name in enumerate(names, start=1):
                written.set_band_description(number, name)


@pytest.fixture(scope="session")
def clips(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two clips of Sentinel-2 in different UTM zones, with masks that leave gaps."""
    folder = tmp_path_factory.mktemp("clips")
    source = shared_data / "cross_domain" / "s2_cloud_target"
    for name, window in (("s2_chip1", Window(100, 310, 80, 340)), ("s2_chip2", Window(0, 200, 0, 190))):
        labels = read_mask(source / "masks" / f"{name}.png").labels[window.slices]
        numbers = np.where(labels == 1, 3, 0).astype(np.uint8)
        numbers[:40] = np.where(labels[:40] == 1, 2, 1)  # all four classes occur
        numbers[70:80, 90:120] = 255
        clip(source / "images" / f"{name}.tif", folder / "images" / f"{name}.tif", window)
        clip(source / "images" / f"{name}.tif", folder / "masks" / f"{name}.tif", window, masks=numbers)
    return folder


def labelled_project(root: Path, clips: Path, scheme: Scheme) -> Project:
    project = Project.create(root, name="clouds", scheme=scheme, annotator="ada")
    collect(project, clips / "images", clips / "masks", id_map="")
    session, _ = open_session(project, project.scenes()[0])
    session.apply(Operation("brush", BRUSH, np.ones(BRUSH.shape, dtype=np.bool_), 2))
    session.close()
    return project


@pytest.fixture(scope="session")
def make_labelled(clips: Path) -> Callable[[Path, str], Project]:
    """Return a maker of projects on the clips, of the scheme ``cloud`` or ``grass``."""
    return lambda root, scheme: labelled_project(root, clips, {"cloud": CLOUD, "grass": GRASS}[scheme])


@pytest.fixture
def labelled(tmp_path: Path, make_labelled: Callable[[Path, str], Project]) -> Project:
    """Return a project of its own for a test that changes it."""
    return make_labelled(tmp_path / "project", "cloud")


@pytest.fixture(scope="session", params=["cloud", "grass"])
def version(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_labelled: Callable[[Path, str], Project],
) -> Version:
    """Return a version of chips of 64 px, of a scheme with background classes and of one without."""
    with make_labelled(tmp_path_factory.mktemp("made") / "project", request.param) as project:
        return make_version(project, plan_version(project, VersionOptions(chip_px=64)))
