"""Places on the map, against pyproj and GDAL."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest
import rasterio
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes import Georeference, open_scene
from napari_rsseg.scenes.georeferencing import (
    crs_label,
    ground_sampling_distance,
    map_to_lonlat,
    map_to_pixel,
    metres_per_unit,
    pixel_to_map,
    require_same_crs,
    same_crs,
    scene_corner,
    world_affine,
)

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import WriteTiff

UTM33 = pyproj.CRS("EPSG:32633").to_wkt()
WGS84 = pyproj.CRS("EPSG:4326").to_wkt()
PLACED = Georeference(UTM33, (10.0, 0.0, 500_000.0, 0.0, -10.0, 5_000_000.0))
finite = st.floats(-1e4, 1e4)


@given(row=finite, column=finite, turn=st.floats(0, 6.28), pixel=st.floats(0.1, 100))
def test_pixels_come_back_from_the_map(row: float, column: float, turn: float, pixel: float) -> None:
    cosine, sine = pixel * math.cos(turn), pixel * math.sin(turn)
    georeference = Georeference(UTM33, (cosine, sine, 5e5, sine, -cosine, 5e6))
    x, y = pixel_to_map(georeference, row, column)
    assert map_to_pixel(georeference, x, y) == pytest.approx((row, column), abs=1e-4)


def test_map_coordinates_agree_with_gdal(real_scene: Path) -> None:
    georeference = open_scene(real_scene).georeference
    with rasterio.open(real_scene) as dataset:
        assert pixel_to_map(georeference, 300, 200) == pytest.approx(
            dataset.transform * (200, 300), abs=1e-12
        )
        assert pyproj.CRS(georeference.crs_wkt) == pyproj.CRS(dataset.crs.to_wkt())


def test_longitude_and_latitude_agree_with_pyproj() -> None:
    assert map_to_lonlat(PLACED, 500_000, 5_000_000) == pytest.approx((15.0, 45.153), abs=1e-3)
    assert map_to_lonlat(Georeference(), 1, 2) is None
    assert map_to_lonlat(PLACED, 1e30, 1e30) is None


@given(latitude=st.floats(-89, 89))
def test_metres_per_degree_agree_with_the_geodesic(latitude: float) -> None:
    georeference = Georeference(WGS84)
    metres = metres_per_unit(georeference, 20.0, latitude)
    geod = pyproj.Geod(ellps="WGS84")
    small = 1e-4
    _, _, north = geod.inv(20, latitude - small, 20, latitude + small)
    _, _, east = geod.inv(20 - small, latitude, 20 + small, latitude)
    assert metres == pytest.approx((east / (2 * small), north / (2 * small)), rel=1e-5)


def test_feet_become_metres() -> None:
    georeference = Georeference(pyproj.CRS("EPSG:2263").to_wkt(), (2.0, 0, 0, 0, -2.0, 0))
    assert ground_sampling_distance(georeference, 10, 10) == pytest.approx(0.6096, rel=1e-4)


def test_sampling_distance_of_degrees_is_taken_at_the_centre() -> None:
    georeference = Georeference(WGS84, (1e-4, 0, 0, 0, -1e-4, 60.0))
    assert ground_sampling_distance(georeference, 2000, 10) == pytest.approx(7.9, abs=0.1)
    assert ground_sampling_distance(Georeference(), 10, 10) is None


def test_the_world_is_metres_down_and_right_from_the_origin() -> None:
    origin = scene_corner(PLACED)
    affine = world_affine(PLACED, origin)
    np.testing.assert_allclose(affine @ [0, 0, 1], [5, 5, 1])
    np.testing.assert_allclose(affine @ [3, 7, 1], [35, 75, 1])


def test_a_second_scene_lies_beside_the_first() -> None:
    right = Georeference(UTM33, (10.0, 0.0, 500_000.0 + 640, 0.0, -10.0, 5_000_000.0))
    np.testing.assert_allclose(world_affine(right, scene_corner(PLACED)) @ [0, 0, 1], [5, 645, 1])


def test_degrees_are_metres_in_the_world() -> None:
    georeference = Georeference(WGS84, (1e-4, 0, 10.0, 0, -1e-4, 60.0))
    affine = world_affine(georeference, scene_corner(georeference))
    assert affine[0, 0] == pytest.approx(11.14, abs=0.01)
    assert affine[1, 1] == pytest.approx(5.58, abs=0.01)


def test_without_a_crs_the_world_is_pixels() -> None:
    np.testing.assert_array_equal(world_affine(Georeference(affine=(2, 0, 5, 0, -2, 9)), (0, 0)), np.eye(3))


def test_the_same_system_is_known_under_other_words() -> None:
    other = Georeference(pyproj.CRS("EPSG:32633").to_wkt("WKT1_GDAL"))
    assert same_crs(PLACED, other)
    assert same_crs(Georeference(), Georeference())
    assert not same_crs(PLACED, Georeference())


def test_mixed_systems_are_refused_by_name() -> None:
    require_same_crs(PLACED, PLACED)
    with pytest.raises(SceneError, match="EPSG:32633 and EPSG:4326"):
        require_same_crs(PLACED, Georeference(WGS84))
    assert crs_label(Georeference()) == "no CRS"


@pytest.mark.parametrize(
    "crs", ["EPSG:32654", "EPSG:4326", "EPSG:3857", "EPSG:2056", "EPSG:27700", "EPSG:5880", "ESRI:102003"]
)
def test_the_crs_of_a_geotiff_is_gdals(write_tiff: WriteTiff, crs: str) -> None:
    path = write_tiff(
        np.ones((1, 9, 9), dtype=np.uint8), crs=crs, transform=rasterio.Affine(2, 0, 11, 0, -2, 22)
    )
    georeference = open_scene(path).georeference
    with rasterio.open(path) as dataset:
        expected = Georeference(dataset.crs.to_wkt())
    assert same_crs(georeference, expected)
    assert 34735 in georeference.geokeys


def test_a_system_of_its_own_is_read_by_gdal(write_tiff: WriteTiff) -> None:
    own = "+proj=laea +lat_0=12 +lon_0=34 +datum=WGS84 +units=m"
    georeference = open_scene(write_tiff(np.ones((1, 9, 9), dtype=np.uint8), crs=own)).georeference
    x, y = pixel_to_map(georeference, 0, 0)
    expected = pyproj.Transformer.from_crs(own, "EPSG:4326", always_xy=True).transform(x, y)
    assert map_to_lonlat(georeference, x, y) == pytest.approx(expected)


def test_turned_rasters_keep_all_six_numbers(write_tiff: WriteTiff) -> None:
    turned = rasterio.Affine(3, 1, 100, 1, -3, 200)
    path = write_tiff(np.ones((1, 9, 9), dtype=np.uint8), transform=turned)
    assert open_scene(path).georeference.affine == tuple(turned)[:6]


def test_rasters_of_points_are_shifted_by_half_a_pixel(write_tiff: WriteTiff) -> None:
    path = write_tiff(np.ones((1, 9, 9), dtype=np.uint8))
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(AREA_OR_POINT="Point")
    with rasterio.open(path) as dataset:
        assert open_scene(path).georeference.affine == tuple(dataset.transform)[:6]


def test_a_world_file_places_a_tiff(tmp_path: Path) -> None:
    path = tmp_path / "plain.tif"
    tifffile.imwrite(path, np.ones((9, 9), dtype=np.uint8))
    path.with_suffix(".tfw").write_text("2\n0\n0\n-2\n101\n199\n")
    assert open_scene(path).georeference.affine == (2, 0, 100, 0, -2, 200)
