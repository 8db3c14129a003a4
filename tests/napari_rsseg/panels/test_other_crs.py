from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio.transform import from_origin

from napari_rsseg.panels.other_crs import OtherCrs
from napari_rsseg.scenes import Georeference, open_scene
from napari_rsseg.scenes.georeferencing import crs_label

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes import Scene


def _scene(folder: Path, crs: str) -> Scene:
    path = folder / "scene.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=64, width=64, count=3, dtype="uint8", crs=crs,
        transform=from_origin(500_000, 5_000_000, 10, 10),
    ) as file:  # fmt: skip
        file.write(np.full((3, 64, 64), 9, dtype=np.uint8))
    return open_scene(path)


def test_the_question_names_both_systems_and_the_answer_warps(tmp_path: Path) -> None:
    other = OtherCrs()
    shown = Georeference(crs_wkt=rasterio.CRS.from_epsg(32634).to_wkt())
    assert other.ask(_scene(tmp_path, "EPSG:32633"), shown)
    assert other.question is not None
    assert "EPSG:32633" in other.question.text
    assert other.question.answers["reproject"] == "Re-project to EPSG:32634 and open"
    assert crs_label(other.reprojected().georeference) == "EPSG:32634"
    other.forget()
    assert other.question is None


def test_scenes_that_fit_or_have_no_system_ask_nothing(tmp_path: Path) -> None:
    other, scene = OtherCrs(), _scene(tmp_path, "EPSG:32633")
    assert not other.ask(scene, scene.georeference)
    assert not other.ask(scene, Georeference())
    assert other.question is None
