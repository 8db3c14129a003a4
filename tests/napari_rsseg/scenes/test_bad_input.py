"""Files that are no scenes, or damaged ones: one clear sentence each, and never much memory."""

from __future__ import annotations

import contextlib
import io
import tracemalloc
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes import Window, open_scene, read_values

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import WriteTiff

MOST_BYTES = 256 * 2**20


def ramp(
    bands: int = 2, height: int = 48, width: int = 40
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    return np.arange(1, bands * height * width + 1, dtype=np.uint16).reshape(bands, height, width)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "0 bytes"),
        (b"grass", "cannot be read"),
        (b"II*\0", "cannot be read"),
        (b"II*\0\x08\0\0\0\0\0\0\0\0\0", "declares"),
        (b"MM\0+\0\x08\0\0" + b"\xff" * 40, "cannot be read"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "cannot be read"),
    ],
    ids=["empty", "text", "only a magic number", "no directory entry", "wild offset", "torn PNG"],
)
def test_what_is_no_raster_is_named_with_its_reason(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "scene.tif"
    path.write_bytes(content)
    with pytest.raises(SceneError, match=sentence) as caught:
        open_scene(path)
    assert "scene.tif" in caught.value.found
    assert caught.value.remedy


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match=r"no file .*nowhere\.tif"):
        open_scene(tmp_path / "nowhere.tif")


def test_a_folder_that_is_no_product_is_named(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match="is a folder"):
        open_scene(tmp_path)


@pytest.mark.parametrize("name", ["x" * 5000 + ".tif", "nul\0.tif"], ids=["very long", "with a NUL"])
def test_paths_that_cannot_be_are_refused_in_short(tmp_path: Path, name: str) -> None:
    with pytest.raises(SceneError) as caught:
        open_scene(tmp_path / name)
    assert len(str(caught.value)) < 500


def test_names_in_any_script_and_deep_folders_open(write_tiff: WriteTiff, tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(8):
        folder = folder / ("d" * 120)
    folder.mkdir(parents=True)
    source = write_tiff(ramp())
    path = folder / "grasland ü 滑坡 ☁.tif"
    path.write_bytes(source.read_bytes())
    np.testing.assert_array_equal(open_scene(path).read(Window.of(48, 40)), ramp())


@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_a_cut_off_file_says_so(write_tiff: WriteTiff, tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (1, 300, 300), dtype=np.uint8)
    profile = {"compress": "deflate"} if suffix == "tif" else {"driver": "PNG"}
    whole = write_tiff(noise, name=f"whole.{suffix}", **profile)
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(SceneError, match=rf"cut\.{suffix}"):
        open_scene(path).read(Window.of(300, 300))


def test_a_damaged_tile_is_named_with_its_row(write_tiff: WriteTiff) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (1, 512, 512), dtype=np.uint8)
    path = write_tiff(noise, compress="deflate", tiled=True, blockxsize=128, blockysize=128)
    with tifffile.TiffFile(path) as file:
        offset = file.pages[0].dataoffsets[9]
    data = bytearray(path.read_bytes())
    data[offset : offset + 200] = b"\xff" * 200
    path.write_bytes(data)
    with pytest.raises(SceneError, match="row 256"):
        open_scene(path).read(Window(300, 310, 130, 140))


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1)], ids=["1 x 1", "1 x N", "N x 1"])
def test_the_smallest_rasters_open(write_tiff: WriteTiff, shape: tuple[int, int]) -> None:
    scene = open_scene(write_tiff(np.full((3, *shape), 9, dtype=np.uint16)))
    values, valid = read_values(scene, Window.of(*shape), (0, 1, 2))
    assert values.shape == (3, *shape)
    assert valid.all()


@pytest.mark.parametrize(
    ("dtype", "fill", "nodata"),
    [("uint8", 0, 0), ("int16", -9999, -9999), ("float32", np.nan, None), ("float32", np.inf, None)],
    ids=["uint8", "int16", "NaN", "infinity"],
)
def test_a_scene_without_a_measured_pixel_is_refused(
    write_tiff: WriteTiff, dtype: str, fill: float, nodata: float | None
) -> None:
    path = write_tiff(np.full((2, 64, 64), fill, dtype=dtype), nodata=nodata)
    with pytest.raises(SceneError, match="no measured pixel"):
        open_scene(path)


def test_not_a_number_and_infinity_are_not_valid(write_tiff: WriteTiff) -> None:
    written = np.random.default_rng(0).random((2, 64, 64)).astype(np.float32)
    written[0, 3, 4], written[1, 5, 6], written[1, 7, 8] = np.nan, np.inf, -np.inf
    scene = open_scene(write_tiff(written))
    valid = scene.valid(Window.of(64, 64))
    assert sorted(zip(*np.nonzero(~valid), strict=True)) == [(3, 4), (5, 6), (7, 8)]
    values, valid = read_values(scene, Window.of(64, 64), (0, 1))
    assert np.isfinite(values).all()
    assert (values[:, ~valid] == 0).all()


def test_complex_numbers_are_refused(write_tiff: WriteTiff) -> None:
    with pytest.raises(SceneError, match="complex64"):
        open_scene(write_tiff(np.ones((1, 9, 9), dtype=np.complex64)))


def test_declared_sizes_are_compared_with_the_file_before_anything_is_allocated(tmp_path: Path) -> None:
    path = tmp_path / "liar.tif"
    tifffile.imwrite(path, ramp(1)[0], compression="zlib", rowsperstrip=48)
    with tifffile.TiffFile(path, mode="r+") as file:
        for tag in ("ImageLength", "ImageWidth", "RowsPerStrip"):
            file.pages.first.tags[tag].overwrite(2_000_000)
    tracemalloc.start()
    with pytest.raises(SceneError, match="2000000"):
        open_scene(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_BYTES


def encoded(**options: object) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, ramp(), photometric="minisblack", metadata=None, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def written_by_gdal() -> bytes:
    with warnings.catch_warnings(), rasterio.MemoryFile() as memory:
        warnings.simplefilter("ignore")
        with memory.open(
            driver="GTiff", width=40, height=48, count=2, dtype="uint16", tiled=True, blockxsize=16,
            blockysize=16, compress="deflate", predictor=2, nodata=0, crs="EPSG:32633",
            transform=rasterio.Affine(10, 0, 5e5, 0, -10, 5e6),
        ) as dataset:  # fmt: skip
            dataset.write(ramp())
        return bytes(memory.getbuffer())


SEEDS = [
    encoded(),
    encoded(compression="zlib", predictor=True, planarconfig="separate", rowsperstrip=7),
    encoded(tile=(16, 16), compression="lzw", bigtiff=True, byteorder=">"),
    written_by_gdal(),
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    header = st.integers(0, min(len(data) - 1, 700)) | st.integers(max(len(data) - 700, 0), len(data) - 1)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(header | st.integers(0, len(data) - 1))
        patch = draw(
            st.binary(min_size=1, max_size=4) | st.sampled_from([b"\0", b"\xff" * 4, b"\x7f\xff\xff\xff"])
        )
        data[at : at + len(patch)] = patch
    if draw(st.booleans()):
        del data[draw(st.integers(0, len(data))) :]
    return bytes(data)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=damaged())
@pytest.mark.filterwarnings("ignore")
def test_damaged_tiff_bytes_are_a_scene_or_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged.tif"
    path.write_bytes(content)
    tracemalloc.start()
    with contextlib.suppress(SceneError):  # the one error that may come out
        _look_at(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_BYTES


def _look_at(path: Path) -> None:
    scene = open_scene(path)
    corner = Window(0, min(scene.height, 64), 0, min(scene.width, 64))
    values, valid = read_values(scene, corner, (0,))
    assert values.shape == (1, *corner.shape)
    assert np.isfinite(values).all()
    assert valid.shape == corner.shape
    scene.close()
