from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from napari.layers import Image

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.synthetic import write_synthetic
from napari_rsseg.viewer.reader import read_scenes, scene_reader

if TYPE_CHECKING:
    from pathlib import Path


def test_the_reader_of_the_manifest_opens_a_scene_at_its_place(tmp_path: Path) -> None:
    path = str(write_synthetic(tmp_path / "scene.tif", size=96, seed=0)[0])
    reader = scene_reader(path)
    assert reader is not None
    ((levels, options, kind),) = reader(path)
    assert kind == "image"
    layer = Image(levels, **options)
    assert layer.rgb
    assert layer.multiscale
    assert tuple(layer.data_to_world((0, 0))) == (5, 5)


def test_two_files_lie_side_by_side(tmp_path: Path) -> None:
    paths = [str(write_synthetic(tmp_path / f"{name}.tif", size=64, seed=0)[0]) for name in "ab"]
    assert [options["name"] for _, options, _ in read_scenes(paths)] == ["a", "b"]


def test_a_file_that_is_no_raster_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes.tif").write_text("no raster")
    with pytest.raises(SceneError, match=r"notes\.tif"):
        read_scenes(str(tmp_path / "notes.tif"))
