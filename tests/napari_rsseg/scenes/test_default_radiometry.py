"""The radiometry that a scene gets by itself, on real scenes and on corners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes import Radiometry, Window, open_reference, open_scene, read_values
from napari_rsseg.settings import data_folder

if TYPE_CHECKING:
    from .conftest import WriteTiff


@pytest.mark.parametrize(
    ("file", "kind", "high"),
    [
        ("scenes/naip_m_4709963_se_20180716_5m_rgbn.tif", "none", 255),
        ("scenes/landsat8_lc80130312015295_120m_10band_u16.tif", "scale", 10_000),
        ("landslide/hokkaido_s2_weak/s2_iburi_post_event.tif", "scale", 10_000),
        ("landslide/chattogram_s2_sparse/images/s2_087.tif", "scale", 10_000),
        ("grass/slovenia_s2/images/s2_2015-07-11.tif", "scale", 10_000),
        ("cloud/l8_biome_4class/images/Water_02_1010.tif", "scale", 1000),
        ("landslide/mars_valles/images/Image_patch_25_64.tif", "scale", 1),
    ],
)
def test_real_scenes_get_what_their_readme_says(file: str, kind: str, high: float) -> None:
    path = data_folder() / file
    if not path.is_file():
        pytest.skip("RSSEG_DATA holds no such scene")
    radiometry = open_scene(path).radiometry
    assert (radiometry.kind, radiometry.low[0], radiometry.high[0]) == (kind, 0, high)


def test_thermal_bands_of_a_reflectance_scene_are_kelvin() -> None:
    path = data_folder() / "scenes/landsat8_lc80130312015295_120m_10band_u16.tif"
    if not path.is_file():
        pytest.skip("RSSEG_DATA holds no real scenes")
    assert open_scene(path).radiometry.low[8:] == (20_000, 20_000)


def test_unknown_numbers_are_stretched_by_their_valid_percentiles(write_tiff: WriteTiff) -> None:
    written = np.tile(np.arange(1, 1001, dtype=np.uint16), (2, 100, 1))
    written[:, :50] = 0
    radiometry = open_scene(write_tiff(written, nodata=0)).radiometry
    assert radiometry.kind == "percentile"
    assert radiometry.low == pytest.approx((20.98, 20.98))
    assert radiometry.high == pytest.approx((980.02, 980.02))


def test_scale_and_offset_tags_are_reflectance(write_tiff: WriteTiff) -> None:
    path = write_tiff(np.full((2, 9, 9), 20_000, dtype=np.uint16))
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (2.75e-5,) * 2, (-0.2,) * 2
    scene = open_scene(path)
    assert scene.radiometry.kind == "scale"
    values, _ = read_values(scene, Window.of(9, 9), (0, 1), display=False)
    np.testing.assert_allclose(values, 0.35, atol=1e-5)


def test_a_constant_band_has_a_range(write_tiff: WriteTiff) -> None:
    radiometry = open_scene(write_tiff(np.full((1, 9, 9), 5, dtype=np.int16))).radiometry
    assert (radiometry.low, radiometry.high) == ((5.0,), (6.0,))


def test_a_radiometry_that_is_given_is_kept(write_tiff: WriteTiff) -> None:
    path = write_tiff(np.full((2, 9, 9), 5, dtype=np.int16))
    given = Radiometry(kind="percentile", low=(0.0, 1.0), high=(10.0, 11.0))
    scene = open_scene(path, radiometry=given)
    assert scene.radiometry == given
    assert open_reference(scene.reference).radiometry == given
    with pytest.raises(SceneError, match="1 bands, the scene 2"):
        open_scene(path, radiometry=Radiometry(kind="none", low=(0.0,), high=(1.0,)))


def test_large_scenes_are_sampled_all_over(write_tiff: WriteTiff) -> None:
    written = np.zeros((1, 2304, 2304), dtype=np.uint16)
    written[0, 1152:] = 1000
    radiometry = open_scene(write_tiff(written, tiled=True, compress="deflate")).radiometry
    assert (radiometry.low, radiometry.high) == ((0.0,), (1000.0,))
