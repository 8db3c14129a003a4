"""What GDAL opens: JP2, VRT, PNG and JPEG with world files, rasters by URL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes import Window, open_reference, open_scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import WriteTiff


def noise(
    bands: int = 3, side: int = 64, dtype: str = "uint8"
) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    return np.random.default_rng(0).integers(1, 200, (bands, side, side)).astype(dtype)


def test_png_with_a_world_file_lies_on_the_map(write_tiff: WriteTiff, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    copy(write_tiff(noise(), crs=None), path, driver="PNG")
    path.with_name("photo.png.aux.xml").unlink(missing_ok=True)
    path.with_name("photo.wld").write_text("2\n0\n0\n-2\n101\n199\n")
    scene = open_scene(path)
    assert scene.georeference.affine == (2, 0, 100, 0, -2, 200)
    assert [band.role for band in scene.bands] == ["red", "green", "blue"]
    np.testing.assert_array_equal(scene.read(Window(3, 9, 5, 50), bands=(1,))[0], noise()[1, 3:9, 5:50])


def test_transparent_png_pixels_are_not_valid(write_tiff: WriteTiff, tmp_path: Path) -> None:
    written = noise(4)
    written[3] = 255
    written[3, :10] = 0
    path = tmp_path / "photo.png"
    copy(write_tiff(written, photometric="rgb", alpha="yes"), path, driver="PNG")
    scene = open_scene(path)
    assert len(scene.bands) == 3
    assert not scene.valid(Window(0, 10, 0, 64)).any()
    assert scene.valid(Window(10, 64, 0, 64)).all()


def test_jp2_levels_are_its_resolutions(write_tiff: WriteTiff, tmp_path: Path) -> None:
    path = tmp_path / "scene.jp2"
    source = write_tiff(noise(1, 600, "uint16"))
    copy(source, path, driver="JP2OpenJPEG", QUALITY="100", REVERSIBLE="YES", RESOLUTIONS="3")
    scene = open_scene(path)
    assert [(level.height, level.downsample) for level in scene.levels[:3]] == [(600, 1), (300, 2), (150, 4)]
    np.testing.assert_array_equal(
        scene.read(Window(100, 110, 200, 210)), noise(1, 600, "uint16")[:, 100:110, 200:210]
    )
    assert scene.gsd_m == 10


def test_vrt_reads_through_to_its_file(write_tiff: WriteTiff, tmp_path: Path) -> None:
    path = tmp_path / "scene.vrt"
    copy(write_tiff(noise(2, dtype="int16"), nodata=-1), path, driver="VRT")
    scene = open_scene(path)
    np.testing.assert_array_equal(scene.read(Window.of(64, 64)), noise(2, dtype="int16"))
    assert [band.nodata for band in scene.bands] == [-1, -1]


def test_a_vrt_whose_file_is_gone_says_so(write_tiff: WriteTiff, tmp_path: Path) -> None:
    path = tmp_path / "scene.vrt"
    source = write_tiff(noise(1))
    copy(source, path, driver="VRT")
    source.unlink()
    with pytest.raises(SceneError, match=r"scene\.vrt cannot be read"):
        open_scene(path)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """A server of the folder, in a process of its own: GDAL holds the interpreter while it waits."""
    script = Path(__file__).with_name("range_server.py")
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()
    process.stdout.close()


def test_a_tiff_by_url_is_read_in_parts(served: str, write_tiff: WriteTiff, tmp_path: Path) -> None:
    written = noise(1, 2048)
    path = tmp_path / "cog.tif"
    copy(write_tiff(written), path, driver="COG", COMPRESS="DEFLATE", BLOCKSIZE="256", OVERVIEWS="NONE")
    scene = open_scene(f"{served}/cog.tif")
    np.testing.assert_array_equal(scene.read(Window(0, 10, 0, 10)), written[:, :10, :10])
    assert int((tmp_path / "served_bytes").read_text()) < path.stat().st_size / 2
    assert open_reference(scene.reference).fingerprint == scene.fingerprint
    scene.close()


def test_a_url_without_a_file_says_so(served: str) -> None:
    with pytest.raises(SceneError, match=r"gone\.tif cannot be read"):
        open_scene(f"{served}/gone.tif")


def test_masks_of_other_formats_are_honoured(write_tiff: WriteTiff, tmp_path: Path) -> None:
    source = write_tiff(noise(3))
    with rasterio.open(source, "r+") as dataset:
        mask = np.full((64, 64), 255, dtype=np.uint8)
        mask[:, :7] = 0
        dataset.write_mask(mask)
    path = tmp_path / "masked.vrt"
    copy(source, path, driver="VRT")
    np.testing.assert_array_equal(open_scene(path).valid(Window.of(64, 64)), mask > 0)
    np.testing.assert_array_equal(open_scene(source).valid(Window.of(64, 64)), mask > 0)
