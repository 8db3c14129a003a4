"""Sentinel-2 products in their true layout, a few pixels wide."""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes import Window, band_indices, open_reference, open_scene, read_values
from napari_rsseg.scenes.raster import RasterScene

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

NAME = "S2B_MSIL2A_20230414T100559_N0509_R022_T33UVP_20230414T132014.SAFE"
SIDE = 60  # pixels of 10 m
GRIDS = {"B02": 10, "B03": 10, "B04": 10, "B08": 10, "B05": 20, "B8A": 20, "B11": 20, "B01": 60, "SCL": 20}
METADATA = """<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd">
<n1:General_Info><Product_Info>
<PRODUCT_START_TIME>2023-04-14T10:05:59.024Z</PRODUCT_START_TIME>
<PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE></Product_Info>
<Product_Image_Characteristics><QUANTIFICATION_VALUES_LIST>
<BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE></QUANTIFICATION_VALUES_LIST>
{offsets}</Product_Image_Characteristics></n1:General_Info></n1:Level-2A_User_Product>
"""
OFFSETS = "".join(f'<BOA_ADD_OFFSET band_id="{index}">-1000</BOA_ADD_OFFSET>' for index in range(13))


def write_jp2(path: Path, numbers: npt.NDArray[np.generic], metres: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = numbers.shape
    with rasterio.open(
        path, "w", driver="JP2OpenJPEG", height=height, width=width, count=1, dtype=numbers.dtype,
        crs="EPSG:32633", transform=from_origin(399960, 5500020, metres, metres), QUALITY=100,
        REVERSIBLE="YES",
    ) as dataset:  # fmt: skip
        dataset.write(numbers, 1)


def write_safe(folder: Path, *, baseline: str = "05.09", offsets: str = OFFSETS) -> Path:
    root = folder / NAME
    images = root / "GRANULE" / "L2A_T33UVP_A031874_20230414T100601" / "IMG_DATA"
    rng = np.random.default_rng(0)
    for band, metres in GRIDS.items():
        side = SIDE * 10 // metres
        numbers = rng.integers(1000, 4000, (side, side), dtype=np.uint16)
        if band == "SCL":
            numbers = np.full((side, side), 4, dtype=np.uint8)
            numbers[0] = 9
        else:
            numbers[:, -side // 6 :] = 0  # outside the swath
        for written in {metres, max(metres, 20)}:  # the 10 m bands are delivered at 20 m as well
            step = written // metres
            path = images / f"R{written}m" / f"T33UVP_20230414T100559_{band}_{written}m.jp2"
            write_jp2(path, numbers[::step, ::step], written)
    (root / "MTD_MSIL2A.xml").write_text(METADATA.format(baseline=baseline, offsets=offsets))
    return root


@pytest.fixture(scope="module")
def safe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_safe(tmp_path_factory.mktemp("s2"))


def zipped(safe: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(safe.rglob("*")):
            archive.write(file, file.relative_to(safe.parent))
    return path


def test_a_safe_folder_is_one_scene_on_the_ten_metre_grid(safe: Path) -> None:
    scene = open_scene(safe)
    assert (scene.height, scene.width, scene.gsd_m) == (SIDE, SIDE, 10)
    assert [band.name for band in scene.bands] == ["B01", "B02", "B03", "B04", "B05", "B08", "B8A", "B11"]
    assert scene.acquired == "2023-04-14T10:05:59.024Z"
    assert band_indices(scene, ("red", "green", "blue", "nir", "swir1")) == (3, 2, 1, 5, 7)
    scene.close()


def test_coarse_bands_repeat_their_pixels(safe: Path) -> None:
    scene = open_scene(safe)
    numbers = scene.read(Window.of(SIDE, SIDE), bands=(4,))[0]
    file = next(safe.rglob("*_B05_20m.jp2"))
    with rasterio.open(file) as dataset:
        expected = dataset.read(1).repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(numbers, expected)


def test_the_offset_of_new_baselines_is_in_the_radiometry(safe: Path) -> None:
    scene = open_scene(safe)
    assert scene.radiometry.kind == "scale"
    assert (scene.radiometry.low[3], scene.radiometry.high[3]) == (1000, 11_000)
    values, valid = read_values(scene, Window.of(SIDE, SIDE), (3,), display=False)
    numbers = scene.read(Window.of(SIDE, SIDE), bands=(3,))
    np.testing.assert_allclose(values[0][valid], (numbers[0][valid] - 1000.0) / 10_000, atol=1e-6)
    assert not valid[:, -10:].any()
    assert valid[:, :-10].all()


@pytest.mark.parametrize(
    ("baseline", "low"), [("02.14", 0), ("04.00", 1000), ("99.99", 0)], ids=["old", "new", "reprocessed test"]
)
def test_without_listed_offsets_the_baseline_decides(tmp_path: Path, baseline: str, low: float) -> None:
    scene = open_scene(write_safe(tmp_path, baseline=baseline, offsets=""))
    assert scene.radiometry.low[0] == low


def test_the_scene_classification_comes_along(safe: Path) -> None:
    scene = open_scene(safe)
    assert isinstance(scene, RasterScene)
    layer = scene.extras["SCL"]
    classes = layer.read(Window.of(SIDE, SIDE))
    assert classes.shape == (SIDE, SIDE)
    assert layer.classes[int(classes[0, 0])] == "cloud, high probability"
    assert layer.classes[int(classes[30, 30])] == "vegetation"


def test_zip_and_metadata_file_open_the_same_scene(safe: Path, tmp_path: Path) -> None:
    folder = open_scene(safe)
    window = Window(0, 20, 30, 60)
    for uri in (zipped(safe, tmp_path / "product.zip"), safe / "MTD_MSIL2A.xml"):
        scene = open_scene(uri)
        np.testing.assert_array_equal(scene.read(window), folder.read(window))
        again = open_reference(scene.reference)
        assert again.radiometry == scene.radiometry
        assert again.fingerprint == scene.fingerprint


def test_a_product_without_images_says_so(safe: Path, tmp_path: Path) -> None:
    bare = tmp_path / NAME
    bare.mkdir()
    shutil.copy(safe / "MTD_MSIL2A.xml", bare)
    with pytest.raises(SceneError, match="without images"):
        open_scene(bare)


def test_damaged_metadata_are_named(safe: Path, tmp_path: Path) -> None:
    bare = tmp_path / NAME
    bare.mkdir()
    (bare / "MTD_MSIL2A.xml").write_text("<n1:Level")
    with pytest.raises(SceneError, match=r"MTD_MSIL2A\.xml"):
        open_scene(bare)
