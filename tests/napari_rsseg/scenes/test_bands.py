"""Roles of bands, from what real files say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes import band_indices, open_scene
from napari_rsseg.scenes.bands import (
    SENSORS,
    assigned_roles,
    role_of_description,
    role_of_wavelength,
    sensor_of,
)
from napari_rsseg.scenes.facts import BandFacts, RasterFacts
from napari_rsseg.settings import data_folder

if TYPE_CHECKING:
    from napari_rsseg.scenes import BandRole

    from .conftest import WriteTiff


@pytest.mark.parametrize(
    ("description", "role"),
    [
        ("red", "red"), ("Red band", "red"), ("B4 red", "red"), ("NIR", "nir"), ("Near Infrared", "nir"),
        ("near-infrared (833 nm)", "nir"), ("B8 - nir", "nir"), ("SWIR 1", "swir1"), ("swir2", "swir2"),
        ("SWIR22", "swir2"), ("Red Edge 2", "rededge2"), ("RedEdge", "rededge1"),
        ("coastal aerosol", "coastal"),
        ("Blue", "blue"), ("G", "green"), ("cirrus", "cirrus"), ("Pan", "panchromatic"), ("tir2", "thermal2"),
        ("band 6 temperature", "thermal1"), ("water vapour", "water_vapour"), ("yellow", "yellow"),
        ("slope", None), ("elevation", None), ("", None), ("band 7 reflectance", None), ("reduced", None),
    ],
)  # fmt: skip
def test_words_of_a_description_give_the_role(description: str, role: BandRole | None) -> None:
    assert role_of_description(description) == role


@pytest.mark.parametrize(
    ("nanometres", "role"),
    [(443, "coastal"), (490, "blue"), (560, "green"), (610, "yellow"), (665, "red"), (705, "rededge1"),
     (740, "rededge2"), (783, "rededge3"), (842, "nir"), (865, "nir_narrow"), (945, "water_vapour"),
     (1375, "cirrus"), (1610, "swir1"), (2190, "swir2"), (10_895, "thermal1"), (12_005, "thermal2"),
     (3000, None), (None, None)],
)  # fmt: skip
def test_wavelengths_give_the_role(nanometres: float | None, role: BandRole | None) -> None:
    assert role_of_wavelength(nanometres) == role


@pytest.mark.parametrize(
    ("name", "sensor"),
    [
        ("S2B_MSIL1C_20181013.tif", "sentinel2"),
        ("s2b_20181013_north_carolina.tif", "sentinel2"),
        ("T33UVP_20230414T100559_B04_10m.jp2", "sentinel2"),
        ("LC08_L2SP_192024_20200711_20200912_02_T1_SR_B4.TIF", "landsat8"),
        ("landsat8_lc80130312015295_120m_10band_u16.tif", "landsat8"),
        ("LE07_L1TP_022049.tif", "landsat7"),
        ("LT05_L1TP_022049.tif", "landsat7"),
        ("landsat7_le70220491999322.tif", "landsat7"),
        ("20230101_101112_03_2403_3B_AnalyticMS_SR_8b.tif", "planetscope"),
        ("GF2_PMS1_E113.7_N29.1_20180824_L1A0003410.tiff", "gaofen"),
        ("GF-1_WFV.tif", "gaofen"),
        ("m_4709963_se_14_1_20180716.tif", "naip"),
        ("s2000_orthophoto.tif", None),
        ("class2.tif", None),
        ("l1000.tif", None),
        ("field.tif", None),
    ],
)
def test_file_names_give_the_sensor(name: str, sensor: str | None) -> None:
    assert sensor_of(name, RasterFacts(bands=(BandFacts("", "uint16"),))) == sensor


@pytest.mark.parametrize(
    ("name", "count", "roles"),
    [
        ("20230101_3B_AnalyticMS_SR.tif", 4, ("blue", "green", "red", "nir")),
        ("20230101_3B_AnalyticMS_SR_8b.tif", 8,
         ("coastal", "blue", None, "green", "yellow", "red", "rededge1", "nir")),
        ("GF1_PMS2_E104.tiff", 4, ("blue", "green", "red", "nir")),
        ("m_4709963_se_14_1_20180716.tif", 4, ("red", "green", "blue", "nir")),
        ("S2_stack.tif", 13, tuple(SENSORS["sentinel2"].bands.values())),
        ("drone.tif", 3, ("red", "green", "blue")),
        ("drone.tif", 4, ("red", "green", "blue", "nir")),
        ("drone.tif", 5, (None,) * 5),
        ("LC08_L2SP_192024_20200711_20200912_02_T1_SR_B5.TIF", 1, ("nir",)),
    ],
)  # fmt: skip
def test_files_that_name_no_band_follow_their_sensor(
    name: str, count: int, roles: tuple[BandRole | None, ...]
) -> None:
    facts = RasterFacts(bands=tuple(BandFacts("", "uint16") for _ in range(count)))
    assert assigned_roles(name, facts.bands, sensor_of(name, facts)) == roles


def test_a_role_is_given_once() -> None:
    bands = (BandFacts("red", "uint8"), BandFacts("red", "uint8"))
    assert assigned_roles("x.tif", bands, None) == ("red", None)


def test_wavelengths_in_tags_are_read(write_tiff: WriteTiff) -> None:
    path = write_tiff(np.ones((5, 9, 9), dtype=np.uint16))
    with rasterio.open(path, "r+") as dataset:
        for band, micrometres in enumerate((0.49, 0.56, 0.665, 0.842, 1.61), start=1):
            dataset.update_tags(band, wavelength=str(micrometres))
    assert [band.role for band in open_scene(path).bands] == ["blue", "green", "red", "nir", "swir1"]


def test_corrections_go_before_everything(write_tiff: WriteTiff) -> None:
    path = write_tiff(np.ones((3, 9, 9), dtype=np.uint8))
    scene = open_scene(path, roles={0: "nir", 2: None})
    assert [band.role for band in scene.bands] == ["nir", "green", None]
    assert scene.reference.roles == ((0, "nir"), (2, None))
    with pytest.raises(SceneError, match="role 'ultraviolet'"):
        open_scene(path, roles={0: "ultraviolet"})  # type: ignore[dict-item]  # what a settings file may hold


def test_missing_roles_are_all_named(write_tiff: WriteTiff) -> None:
    scene = open_scene(write_tiff(np.ones((3, 9, 9), dtype=np.uint8)))
    assert band_indices(scene, ("blue", "red")) == (2, 0)
    with pytest.raises(SceneError, match="no nir or swir1 band"):
        band_indices(scene, ("red", "nir", "swir1"))


@pytest.mark.parametrize(
    ("file", "roles"),
    [
        ("scenes/naip_m_4709963_se_20180716_5m_rgbn.tif", ["red", "green", "blue", "nir"]),
        ("scenes/s2b_20181013_north_carolina_b02_b03_b04_b08.tif", ["blue", "green", "red", "nir"]),
        ("scenes/landsat8_lc80130312015295_120m_10band_u16.tif",
         ["coastal", "blue", "green", "red", "nir", "swir1", "swir2", "cirrus", "thermal1", "thermal2"]),
        ("landslide/hokkaido_s2_weak/s2_iburi_post_event.tif", ["red", "green", "blue"]),
    ],
)  # fmt: skip
def test_real_scenes_have_their_roles(file: str, roles: list[str]) -> None:
    path = data_folder() / file
    if not path.is_file():
        pytest.skip("RSSEG_DATA holds no real scenes")
    assert [band.role for band in open_scene(path).bands] == roles


def test_the_landsat_stack_whose_bands_are_not_in_order_is_understood() -> None:
    path = data_folder() / "scenes/landsat7_le70220491999322_30m_8band_i16.tif"
    if not path.is_file():
        pytest.skip("RSSEG_DATA holds no real scenes")
    roles = [band.role for band in open_scene(path).bands[:7]]
    assert roles == ["blue", "green", "red", "nir", "swir1", "swir2", "thermal1"]
