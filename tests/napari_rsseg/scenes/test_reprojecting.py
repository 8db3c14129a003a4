"""Scenes in another CRS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes import Window, open_reference, open_scene
from napari_rsseg.scenes.georeferencing import crs_label, map_to_lonlat, map_to_pixel, pixel_to_map
from napari_rsseg.scenes.reprojecting import reprojected

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import WriteTiff


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "cache"))


def test_a_warped_scene_shows_the_same_ground(real_scene: Path) -> None:
    scene = open_scene(real_scene)
    warped = reprojected(scene, "EPSG:32654", resampling="nearest")
    assert crs_label(warped.georeference) == "EPSG:32654"
    lonlat = map_to_lonlat(warped.georeference, *pixel_to_map(warped.georeference, 400.5, 500.5))
    assert lonlat is not None
    row, column = (int(value) for value in map_to_pixel(scene.georeference, *lonlat))
    there = warped.read(Window(400, 401, 500, 501))[:, 0, 0]
    around = scene.read(Window(row - 1, row + 2, column - 1, column + 2)).reshape(3, -1)
    assert there.tolist() in around.T.tolist()


def test_roles_radiometry_and_names_stay(real_scene: Path) -> None:
    scene = open_scene(real_scene, roles={2: "coastal"})
    warped = reprojected(scene, "EPSG:32654")
    assert warped.radiometry == scene.radiometry
    assert [(band.name, band.role) for band in warped.bands] == [
        (band.name, band.role) for band in scene.bands
    ]
    again = open_reference(warped.reference)
    np.testing.assert_array_equal(again.read(Window(0, 9, 500, 509)), warped.read(Window(0, 9, 500, 509)))


def test_corners_beyond_the_scene_are_not_valid(write_tiff: WriteTiff) -> None:
    scene = open_scene(write_tiff(np.full((3, 200, 200), 7, dtype=np.uint8)))
    warped = reprojected(scene, "EPSG:3035")
    valid = warped.valid(Window.of(warped.height, warped.width))
    assert not valid[0, 0]
    assert valid[warped.height // 2, warped.width // 2]
    assert [band.role for band in warped.bands] == ["red", "green", "blue"]


def test_the_own_system_is_left_as_it_is(write_tiff: WriteTiff) -> None:
    scene = open_scene(write_tiff(np.full((1, 9, 9), 7, dtype=np.uint8)))
    assert reprojected(scene, "EPSG:32633") is scene


def test_what_cannot_be_warped_says_why(write_tiff: WriteTiff, real_scene: Path) -> None:
    with pytest.raises(SceneError, match="no coordinate reference system"):
        reprojected(open_scene(write_tiff(np.full((1, 9, 9), 7, dtype=np.uint8), crs=None)), "EPSG:32633")
    with pytest.raises(SceneError, match="'EPSG:99999999' is no coordinate"):
        reprojected(open_scene(real_scene), "EPSG:99999999")
    with pytest.raises(SceneError, match="no resampling 'fancy'"):
        reprojected(open_scene(real_scene), "EPSG:32654", resampling="fancy")
