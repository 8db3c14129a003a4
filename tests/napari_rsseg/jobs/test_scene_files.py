from __future__ import annotations

from pathlib import Path

import pytest

from napari_rsseg.errors import SceneError
from napari_rsseg.jobs.scene_files import expand_scenes


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_folder_stands_for_the_rasters_in_it(tmp_path: Path) -> None:
    touch(tmp_path, "b.tif", "a.TIF", "c.jp2", "readme.md", "a.tfw", "deeper/d.tif")
    assert [Path(scene).name for scene in expand_scenes([str(tmp_path)], "cloud")] == [
        "a.TIF",
        "b.tif",
        "c.jp2",
    ]


def test_results_of_an_earlier_run_are_no_scenes(tmp_path: Path) -> None:
    touch(
        tmp_path, "a.tif", "a_cloud.tif", "a_cloud_confidence.tif", "a_cloud_probabilities.tif", "b_cloud.tif"
    )
    found = expand_scenes([str(tmp_path)], "cloud")
    assert [Path(scene).name for scene in found] == ["a.tif", "b_cloud.tif"]


def test_a_product_folder_is_one_scene_and_so_is_one_in_a_folder(tmp_path: Path) -> None:
    touch(tmp_path, "S2A.SAFE/MTD_MSIL2A.xml", "a.tif")
    assert expand_scenes([str(tmp_path / "S2A.SAFE")], "cloud") == [str(tmp_path / "S2A.SAFE")]
    assert expand_scenes([str(tmp_path)], "cloud") == [str(tmp_path / "a.tif"), str(tmp_path / "S2A.SAFE")]


def test_files_addresses_and_made_scenes_stay_as_they_are_each_once(tmp_path: Path) -> None:
    words = [
        "https://host/a.tif",
        "synthetic:size=64,seed=1",
        str(tmp_path / "missing.tif"),
        "https://host/a.tif",
    ]
    assert expand_scenes(words, "grass") == words[:3]


def test_a_folder_without_rasters_is_named(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match="holds no raster"):
        expand_scenes([str(tmp_path)], "grass")
