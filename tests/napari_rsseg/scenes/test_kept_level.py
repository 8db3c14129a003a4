from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.scenes import kept_level, open_scene
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes.scene import Scene


@pytest.fixture(autouse=True)
def large_is_small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let a scene of 2500 pixels count as large, so that the test needs no gigabytes."""
    monkeypatch.setattr(kept_level, "_WORTH_PX", 2000**2)
    monkeypatch.setattr(kept_level, "_LONGEST_PX", 700)
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    import tifffile

    values = np.random.default_rng(0).integers(0, 4000, (2501, 2303, 3), dtype=np.uint16)
    values[:600, :700] = 0
    tifffile.imwrite(tmp_path / "large.tif", values, photometric="rgb", rowsperstrip=16, compression="zlib")
    return tmp_path / "large.tif"


def coarsest(scene: Scene) -> np.ndarray:
    size = scene.levels[-1]
    return scene.read(Window.of(size.height, size.width), level=len(scene.levels) - 1)


def kept_files(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "cache" / "overviews").glob("*"))


def test_the_kept_level_has_the_pixels_of_the_computed_one(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(kept_level, "_WORTH_PX", 10**9)
        computed = coarsest(open_scene(path))
    assert not (tmp_path / "cache").exists()
    kept = coarsest(open_scene(path))
    np.testing.assert_array_equal(kept, computed)
    (file,) = kept_files(tmp_path)
    assert np.load(file, mmap_mode="r").shape == (626, 3, 576)


def test_it_is_made_once_and_belongs_to_one_content(path: Path, tmp_path: Path) -> None:
    first = open_scene(path)
    coarsest(first)
    (file,) = kept_files(tmp_path)
    made = file.stat().st_mtime_ns
    coarsest(open_scene(path))
    assert file.stat().st_mtime_ns == made
    os.utime(path, ns=(1, 1))
    coarsest(open_scene(path))
    assert len(kept_files(tmp_path)) == 2


def test_windows_of_coarser_levels_are_read_from_it(path: Path) -> None:
    scene = open_scene(path)
    assert [level.height for level in scene.levels] == [2501, 1251, 626]
    whole = coarsest(scene)
    window = Window(100, 300, 50, 500)
    np.testing.assert_array_equal(scene.read(window, level=2, bands=(2, 0)), whole[[2, 0], 100:300, 50:500])


def test_a_cache_that_cannot_be_written_is_logged_and_the_level_computed(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_bytes(b"")
    logging.getLogger("napari_rsseg").propagate = True
    with caplog.at_level(logging.WARNING):
        assert coarsest(open_scene(path)).shape == (3, 626, 576)
    assert "no coarse level is kept" in caplog.text
