"""TIFF in all its forms, against GDAL's reading of the same file."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
import rasterio
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.enums import ColorInterp, Resampling
from rasterio.transform import from_origin

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes import Window, open_scene
from napari_rsseg.scenes.geotiff import GeoTiff
from napari_rsseg.scenes.raster import RasterScene

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from .conftest import WriteTiff


def numbers(
    bands: int = 3, height: int = 75, width: int = 61, dtype: str = "uint16"
) -> npt.NDArray[np.generic]:
    smooth = np.add.outer(np.arange(height), np.arange(width)) % 200
    return np.stack([smooth + band for band in range(1, bands + 1)]).astype(dtype)


LAYOUTS: dict[str, dict[str, Any]] = {
    "tiles": {"tiled": True, "blockxsize": 32, "blockysize": 16},
    "strips": {"blockysize": 7},
    "one strip": {"blockysize": 75},
}
CODECS: dict[str, dict[str, Any]] = {
    "none": {},
    "deflate": {"compress": "deflate"},
    "deflate, predictor": {"compress": "deflate", "predictor": 2},
    "lzw, predictor": {"compress": "lzw", "predictor": 2},
    "zstd": {"compress": "zstd"},
    "packbits": {"compress": "packbits"},
    "lzma": {"compress": "lzma"},
    "lerc": {"compress": "lerc"},
    "webp": {"compress": "webp", "webp_lossless": True},
}


@pytest.mark.parametrize("interleave", ["pixel", "band"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("codec", CODECS)
def test_every_layout_and_codec_reads_as_gdal_reads_it(
    write_tiff: WriteTiff, codec: str, layout: str, interleave: str
) -> None:
    if codec == "webp" and interleave == "band":
        return  # the format does not exist
    written = numbers(dtype="uint8" if codec == "webp" else "uint16")
    path = write_tiff(written, interleave=interleave, **LAYOUTS[layout], **CODECS[codec])
    scene = open_scene(path)
    window = Window(5, 60, 9, 58)
    np.testing.assert_array_equal(scene.read(window), written[:, 5:60, 9:58])
    np.testing.assert_array_equal(scene.read(window, bands=(2, 0)), written[[2, 0], 5:60, 9:58])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "int32", "float32", "float64"])
@pytest.mark.parametrize("predictor", [1, 2, 3])
def test_every_dtype_and_predictor_reads_exactly(write_tiff: WriteTiff, dtype: str, predictor: int) -> None:
    if predictor == 3 and not dtype.startswith("float"):
        return  # the predictor of floating point numbers
    if predictor == 2 and dtype == "float64":
        return  # GDAL does not write it
    written = numbers(2, dtype=dtype)
    scene = open_scene(write_tiff(written, compress="deflate", predictor=predictor, tiled=True))
    read = scene.read(Window.of(75, 61))
    assert read.dtype == dtype
    np.testing.assert_array_equal(read, written)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True], ids=["classic", "BigTIFF"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_both_byte_orders_and_bigtiff_read_exactly(
    tmp_path: Path, byteorder: Literal["<", ">"], bigtiff: bool, compression: str | None
) -> None:
    written = numbers(4, dtype="int16")
    path = tmp_path / "scene.tif"
    tifffile.imwrite(
        path, written, byteorder=byteorder, bigtiff=bigtiff, compression=compression,
        photometric="minisblack", planarconfig="separate",
    )  # fmt: skip
    np.testing.assert_array_equal(open_scene(path).read(Window.of(75, 61)), written)


def test_pages_of_one_size_are_bands(tmp_path: Path) -> None:
    written = numbers(5)
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, written, photometric="minisblack")
    scene = open_scene(path)
    assert len(scene.bands) == 5
    np.testing.assert_array_equal(scene.read(Window(1, 9, 2, 7), bands=(4, 1)), written[[4, 1], 1:9, 2:7])


def test_jpeg_colours_come_as_red_green_blue(write_tiff: WriteTiff) -> None:
    written = np.zeros((3, 64, 64), dtype=np.uint8)
    written[0] = 200
    path = write_tiff(written, compress="jpeg", photometric="ycbcr", tiled=True, blockxsize=64, blockysize=64)
    read = open_scene(path).read(Window.of(64, 64))
    assert np.abs(read.astype(int) - written).max() <= 3


def test_bilevel_images_are_zero_and_one(tmp_path: Path) -> None:
    written = numbers(1)[0] % 3 == 0
    path = tmp_path / "bits.tif"
    tifffile.imwrite(path, written)
    read = open_scene(path).read(Window.of(75, 61))
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read[0], written)


def test_internal_overviews_are_levels(real_scene: Path) -> None:
    scene = open_scene(real_scene)
    assert [level.downsample for level in scene.levels] == pytest.approx([1, 2, 4, 8], rel=0.02)
    size = scene.levels[2]
    with rasterio.open(real_scene, OVERVIEW_LEVEL=1) as dataset:
        np.testing.assert_array_equal(scene.read(Window.of(size.height, size.width), level=2), dataset.read())


@pytest.mark.parametrize("place", ["beside", "inside"])
def test_gdal_overviews_are_levels(write_tiff: WriteTiff, place: str) -> None:
    path = write_tiff(numbers(3, 2100, 1300), tiled=True, compress="deflate")
    with rasterio.Env(TIFF_USE_OVR=place == "beside"), rasterio.open(path, "r+") as dataset:
        dataset.build_overviews([2, 4], Resampling.average)
    assert path.with_name("scene.tif.ovr").exists() == (place == "beside")
    scene = open_scene(path)
    with rasterio.open(path, OVERVIEW_LEVEL=1) as dataset:
        expected = dataset.read()
    np.testing.assert_array_equal(scene.read(Window.of(*expected.shape[1:]), level=2), expected)


def test_overviews_in_sub_directories_are_levels(tmp_path: Path) -> None:
    written = numbers(1, 512, 512)[0]
    path = tmp_path / "sub.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(written, subifds=1, tile=(128, 128))
        writer.write(written[::2, ::2], subfiletype=1, tile=(128, 128))
    scene = open_scene(path)
    assert [level.height for level in scene.levels] == [512, 256]
    np.testing.assert_array_equal(scene.read(Window.of(256, 256), level=1)[0], written[::2, ::2])


def test_mask_pages_say_what_is_valid_at_all_levels(write_tiff: WriteTiff) -> None:
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        path = write_tiff(numbers(3, 1200, 1100, "uint8"), tiled=True, compress="deflate")
        mask = np.zeros((1200, 1100), dtype=np.uint8)
        mask[:, :500] = 255
        with rasterio.open(path, "r+") as dataset:
            dataset.write_mask(mask)
            dataset.build_overviews([2], Resampling.nearest)
    scene = open_scene(path)
    np.testing.assert_array_equal(scene.valid(Window.of(1200, 1100)), mask > 0)
    np.testing.assert_array_equal(scene.valid(Window.of(600, 550), level=1), mask[::2, ::2] > 0)


def test_alpha_is_no_band_but_validity(write_tiff: WriteTiff) -> None:
    written = numbers(4, dtype="uint8")
    written[3] = 255
    written[3, :, :20] = 0
    path = write_tiff(written, photometric="rgb", alpha="non-premultiplied")
    scene = open_scene(path)
    assert [band.role for band in scene.bands] == ["red", "green", "blue"]
    np.testing.assert_array_equal(scene.valid(Window.of(75, 61)), written[3] > 0)
    np.testing.assert_array_equal(scene.read(Window.of(75, 61)), written[:3])


def test_near_infrared_that_is_marked_as_alpha_stays_a_band(write_tiff: WriteTiff) -> None:
    path = write_tiff(numbers(4, dtype="uint8"))  # GDAL marks the fourth of four uint8 bands by itself
    with rasterio.open(path) as dataset:
        assert dataset.colorinterp[3] == ColorInterp.alpha
    assert [band.role for band in open_scene(path).bands] == ["red", "green", "blue", "nir"]


def test_alpha_before_the_bands_does_not_shift_them(write_tiff: WriteTiff) -> None:
    written = numbers(4, dtype="uint8")
    written[0] = 255
    path = write_tiff(written)
    with rasterio.open(path, "r+") as dataset:
        dataset.colorinterp = [ColorInterp.alpha, ColorInterp.red, ColorInterp.green, ColorInterp.blue]
    scene = open_scene(path)
    np.testing.assert_array_equal(scene.read(Window.of(75, 61), bands=(0,))[0], written[1])


def test_holes_of_sparse_files_read_as_nodata(write_tiff: WriteTiff, tmp_path: Path) -> None:
    path = tmp_path / "sparse.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=512, height=512, count=1, dtype="int16", nodata=-9999, tiled=True,
        sparse_ok=True, compress="deflate", transform=from_origin(0, 9, 1, 1), crs="EPSG:32633",
    ) as dataset:  # fmt: skip
        dataset.write(np.full((256, 256), 7, dtype=np.int16), 1, window=((0, 256), (0, 256)))
    scene = open_scene(path)
    valid = scene.valid(Window.of(512, 512))
    assert valid[:256, :256].all()
    assert valid.sum() == 256 * 256


def test_palettes_become_their_colours(write_tiff: WriteTiff) -> None:
    written = np.zeros((1, 64, 64), dtype=np.uint8)
    written[0, 32:] = 1
    path = write_tiff(written, nodata=0)
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {0: (0, 0, 0, 255), 1: (10, 200, 30, 255)})
    scene = open_scene(path)
    assert scene.read(Window(40, 41, 0, 1))[:, 0, 0].tolist() == [10, 200, 30]
    assert not scene.valid(Window(0, 32, 0, 64)).any()
    assert scene.valid(Window(32, 64, 0, 64)).all()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_window_is_that_part_of_the_whole(write_tiff: WriteTiff, data: st.DataObject) -> None:
    written = numbers(2, 90, 70)
    path = write_tiff(written, tiled=True, blockxsize=16, blockysize=32, compress="deflate")
    row, column = data.draw(st.integers(0, 90)), data.draw(st.integers(0, 70))
    stop_row, stop_column = data.draw(st.integers(row, 90)), data.draw(st.integers(column, 70))
    window = Window(row, stop_row, column, stop_column)
    np.testing.assert_array_equal(open_scene(path).read(window), written[:, row:stop_row, column:stop_column])


def test_only_the_touched_tiles_are_decoded(write_tiff: WriteTiff, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_tiff(numbers(1, 512, 512), tiled=True, blockxsize=64, blockysize=64, compress="deflate")
    pixels = GeoTiff(path)
    pixels.read(Window(60, 70, 60, 70), 0, (0,))
    reader = pixels._stacks[0].readers[0]
    assert reader._cache.held_bytes == 4 * reader.segment_bytes
    pixels.close()


def test_threads_read_the_same_numbers(write_tiff: WriteTiff) -> None:
    written = numbers(3, 256, 256)
    scene = open_scene(write_tiff(written, tiled=True, blockxsize=32, blockysize=32, compress="deflate"))
    windows = [
        Window(row, row + 50, column, column + 50) for row in range(0, 200, 10) for column in (0, 99, 200)
    ]
    start = threading.Barrier(4)

    def check(part: int) -> None:
        start.wait()
        for window in windows[part::4]:
            np.testing.assert_array_equal(scene.read(window), written[(slice(None), *window.slices)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(check, range(4)))


@pytest.mark.parametrize(
    "window",
    [Window(0, 76, 0, 10), Window(-1, 5, 0, 5), Window(0, 5, 50, 62)],
    ids=["below", "above", "right"],
)
def test_a_window_that_leaves_the_scene_is_refused(write_tiff: WriteTiff, window: Window) -> None:
    with pytest.raises(SceneError, match="75 x 61 px"):
        open_scene(write_tiff(numbers())).read(window)


def test_unknown_bands_and_levels_are_refused(write_tiff: WriteTiff) -> None:
    scene = open_scene(write_tiff(numbers()))
    assert isinstance(scene, RasterScene)
    with pytest.raises(SceneError, match="has 3"):
        scene.read(Window(0, 1, 0, 1), bands=(3,))
    with pytest.raises(SceneError, match="Level 1"):
        scene.read(Window(0, 1, 0, 1), level=1)
