from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from PIL import Image

from napari_rsseg.settings import data_folder

Run = Any

SCENES = data_folder() / "scenes"
needs_scenes = pytest.mark.skipif(not SCENES.is_dir(), reason="RSSEG_DATA holds no scenes")


@needs_scenes
def test_a_real_scene_is_described(run: Run) -> None:
    path = SCENES / "landsat8_lc80130312015295_120m_10band_u16.tif"
    result = run("scene", "info", path, "--json")
    assert result.code == 0, result.err
    facts = result.json
    assert (facts["height"], facts["width"]) == (458, 508)
    assert len(facts["bands"]) == 10
    assert {band["nodata"] for band in facts["bands"]} == {0}
    assert "32618" in facts["crs"]
    assert facts["gsd_m"] == pytest.approx(120, rel=0.01)
    assert -72.7 < facts["centre"]["lon"] < -71.9
    assert facts["radiometry"]["kind"] == "scale"
    text = run("scene", "info", path).out
    for part in ("458 x 508 px", "32618", "uint16", "B4", "swir1"):
        assert part in text


def test_a_scene_without_a_place_says_so(run: Run, tmp_path: Path) -> None:
    import tifffile

    tifffile.imwrite(
        tmp_path / "plain.tif", np.arange(48, dtype=np.uint8).reshape(4, 4, 3), photometric="rgb"
    )
    facts = run("scene", "info", tmp_path / "plain.tif", "--json").json
    assert facts["crs"] is None
    assert facts["gsd_m"] is None
    assert [band["role"] for band in facts["bands"]] == ["red", "green", "blue"]
    assert "none: pixels only" in run("scene", "info", tmp_path / "plain.tif").out


def test_names_with_brackets_and_colons_are_printed_as_they_are(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "tile[b] :sun:.png"
    Image.new("RGB", (4, 4)).save(path)
    assert path.name in run("scene", "info", path).out


def test_a_synthetic_scene_and_its_truth_are_written(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "hügel.tif"
    result = run("scene", "synth", out, "--size", "96", "--seed", "5", "--truth", "--json")
    assert result.code == 0, result.err
    names = {Path(name).name for name in result.json["files"]}
    assert names == {"hügel.tif", "hügel_landslide.tif", "hügel_cloud.tif", "hügel_grass.tif"}
    with rasterio.open(out) as scene, rasterio.open(tmp_path / "hügel_grass.tif") as truth:
        assert (scene.count, scene.dtypes[0], scene.shape) == (4, "uint16", (96, 96))
        assert scene.transform == truth.transform
        assert set(np.unique(truth.read(1))) <= {0, 1, 2, 3, 4, 255}
    truth_path = tmp_path / "hügel_cloud.tif"
    assert run("evaluate", "--pred", truth_path, "--truth", truth_path, "--schema", "cloud").code == 0


def test_a_written_scene_is_overwritten_only_when_asked(run: Run, tmp_path: Path) -> None:
    words = ("scene", "synth", tmp_path / "a.tif", "--size", "64")
    assert run(*words).code == 0
    again = run(*words)
    assert again.code == 2
    assert "a.tif" in again.err
    assert run(*words, "--overwrite").code == 0


@pytest.mark.parametrize("size", ["0", "-5", "many"])
def test_a_size_that_is_none_is_a_usage_error(run: Run, tmp_path: Path, size: str) -> None:
    assert run("scene", "synth", tmp_path / "a.tif", "--size", size).code == 2
    assert not list(tmp_path.glob("a*"))


@pytest.mark.parametrize(
    "content", [b"", b"not a raster at all", b"II*\0\x08\0\0\0"], ids=["0 bytes", "text", "truncated"]
)
def test_what_is_no_scene_is_refused_in_a_line(run: Run, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.tif"
    path.write_bytes(content)
    result = run("scene", "info", path)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert "bad.tif" in result.err


def test_a_folder_that_cannot_be_written_leaves_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    result = run("scene", "synth", tmp_path / "file" / "a.tif", "--size", "64")
    assert result.code == 2
    assert "a.tif" in result.err
