"""Landsat Collection 2 products in their true layout, a few pixels wide."""

from __future__ import annotations

import math
import tarfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes import Window, open_scene, read_values
from napari_rsseg.scenes.raster import RasterScene

if TYPE_CHECKING:
    from pathlib import Path

SURFACE = "LC09_L2SP_192024_20220711_20230408_02_T1"
TOP = "LC08_L1TP_192024_20200711_20200912_02_T1"

SURFACE_METADATA = """GROUP = LANDSAT_METADATA_FILE
  GROUP = IMAGE_ATTRIBUTES
    SPACECRAFT_ID = "LANDSAT_9"
    DATE_ACQUIRED = 2022-07-11
    SCENE_CENTER_TIME = "10:02:03.1234567Z"
    SUN_ELEVATION = 55.0
  END_GROUP = IMAGE_ATTRIBUTES
  GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS
{reflectance}
  END_GROUP = LEVEL2_SURFACE_REFLECTANCE_PARAMETERS
  GROUP = LEVEL2_SURFACE_TEMPERATURE_PARAMETERS
    TEMPERATURE_MULT_BAND_ST_B10 = 0.00341802
    TEMPERATURE_ADD_BAND_ST_B10 = 149.0
  END_GROUP = LEVEL2_SURFACE_TEMPERATURE_PARAMETERS
END_GROUP = LANDSAT_METADATA_FILE
END
"""
TOP_METADATA = """GROUP = IMAGE_ATTRIBUTES
  DATE_ACQUIRED = 2020-07-11
  SUN_ELEVATION = 30.0
END_GROUP = IMAGE_ATTRIBUTES
GROUP = LEVEL1_RADIOMETRIC_RESCALING
{reflectance}
  RADIANCE_MULT_BAND_10 = 3.3420E-04
  RADIANCE_ADD_BAND_10 = 0.1
END_GROUP = LEVEL1_RADIOMETRIC_RESCALING
GROUP = LEVEL1_THERMAL_CONSTANTS
  K1_CONSTANT_BAND_10 = 774.8853
  K2_CONSTANT_BAND_10 = 1321.0789
END_GROUP = LEVEL1_THERMAL_CONSTANTS
"""


def write_band(
    path: Path, *, metres: float, side: int, dtype: str = "uint16", value: int | None = None
) -> None:
    rng = np.random.default_rng(len(path.name))
    numbers = rng.integers(8000, 20_000, (side, side)).astype(dtype) if value is None else np.full(
        (side, side), value, dtype=dtype
    )  # fmt: skip
    if value is None:
        numbers[:3] = 0
    origin = from_origin(300_000 - metres / 2, 5_600_000 + metres / 2, metres, metres)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=side,
        width=side,
        count=1,
        dtype=dtype,
        crs="EPSG:32633",
        transform=origin,
    ) as dataset:
        dataset.write(numbers, 1)


def write_surface(folder: Path) -> Path:
    root = folder / SURFACE
    root.mkdir()
    for band in range(1, 8):
        write_band(root / f"{SURFACE}_SR_B{band}.TIF", metres=30, side=40)
    write_band(root / f"{SURFACE}_ST_B10.TIF", metres=30, side=40)
    write_band(root / f"{SURFACE}_QA_PIXEL.TIF", metres=30, side=40, value=21824)
    reflectance = "".join(
        f"REFLECTANCE_MULT_BAND_{band} = 2.75e-05\nREFLECTANCE_ADD_BAND_{band} = -0.2\n"
        for band in range(1, 8)
    )
    (root / f"{SURFACE}_MTL.txt").write_text(SURFACE_METADATA.format(reflectance=reflectance))
    return root


def write_top_of_atmosphere(folder: Path) -> Path:
    root = folder / TOP
    root.mkdir()
    for band in (2, 3, 4, 10):
        write_band(root / f"{TOP}_B{band}.TIF", metres=30, side=40)
    write_band(root / f"{TOP}_B8.TIF", metres=15, side=80)
    reflectance = "".join(
        f"REFLECTANCE_MULT_BAND_{band} = 2.0E-05\nREFLECTANCE_ADD_BAND_{band} = -0.1\n"
        for band in (2, 3, 4, 8)
    )
    (root / f"{TOP}_MTL.txt").write_text(TOP_METADATA.format(reflectance=reflectance))
    return root


def test_a_surface_reflectance_folder_is_one_scene(tmp_path: Path) -> None:
    scene = open_scene(write_surface(tmp_path))
    assert [band.role for band in scene.bands] == [
        "coastal", "blue", "green", "red", "nir", "swir1", "swir2", "thermal1",
    ]  # fmt: skip
    assert (scene.gsd_m, scene.acquired) == (30, "2022-07-11T10:02:03.1234567Z")
    window = Window.of(scene.height, scene.width)
    values, valid = read_values(scene, window, (3,), display=False)
    numbers = scene.read(window, bands=(3,))[0]
    np.testing.assert_allclose(values[0][valid], numbers[valid] * 2.75e-05 - 0.2, atol=1e-5)
    assert not valid[:3].any()
    assert valid[3:].all()


def test_thermal_bands_run_from_200_to_340_kelvin(tmp_path: Path) -> None:
    radiometry = open_scene(write_surface(tmp_path)).radiometry
    assert radiometry.low[7] * 0.00341802 + 149 == pytest.approx(200)
    assert radiometry.high[7] * 0.00341802 + 149 == pytest.approx(340)


def test_quality_bits_come_along_with_their_meaning(tmp_path: Path) -> None:
    scene = open_scene(write_surface(tmp_path))
    assert isinstance(scene, RasterScene)
    layer = scene.extras["QA_PIXEL"]
    assert int(layer.read(Window(0, 1, 0, 1))[0, 0]) >> 6 & 1
    assert layer.bits[6] == "clear"


def test_a_tar_opens_like_its_folder(tmp_path: Path) -> None:
    root = write_surface(tmp_path)
    archive = tmp_path / f"{SURFACE}.tar"
    with tarfile.open(archive, "w") as tar:
        for file in sorted(root.iterdir()):
            tar.add(file, file.name)
    folder, packed = open_scene(root), open_scene(archive)
    window = Window(10, 20, 0, 40)
    np.testing.assert_array_equal(folder.read(window), packed.read(window))
    assert packed.radiometry == folder.radiometry


def test_level_one_reflectance_is_divided_by_the_sine_of_the_sun(tmp_path: Path) -> None:
    scene = open_scene(write_top_of_atmosphere(tmp_path))
    red = next(index for index, band in enumerate(scene.bands) if band.role == "red")
    values, valid = read_values(scene, Window(40, 50, 40, 50), (red,), display=False)
    numbers = scene.read(Window(40, 50, 40, 50), bands=(red,))[0]
    expected = (numbers * 2e-5 - 0.1) / math.sin(math.radians(30))
    np.testing.assert_allclose(values[0][valid], expected[valid], atol=1e-5)


def test_the_panchromatic_band_makes_the_grid(tmp_path: Path) -> None:
    scene = open_scene(write_top_of_atmosphere(tmp_path))
    assert (scene.height, scene.width, scene.gsd_m) == (80, 80, 15)


def test_metadata_that_lack_the_scale_are_refused(tmp_path: Path) -> None:
    root = write_surface(tmp_path)
    (root / f"{SURFACE}_MTL.txt").write_text("GROUP = IMAGE_ATTRIBUTES\nDATE_ACQUIRED = 2022-07-11\n")
    with pytest.raises(SceneError, match="band B1"):
        open_scene(root)
