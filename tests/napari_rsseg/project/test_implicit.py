"""Scenes without a project have one in the cache, of the same layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_rsseg.classes.scheme import CLOUD, LANDSLIDE
from napari_rsseg.project import implicit_folders, open_implicit
from napari_rsseg.scenes import open_scene
from napari_rsseg.settings import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes import Scene


@pytest.fixture
def scene(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "cache"))
    return open_scene(sorted(pictures.glob("*.tif"))[0])


def test_the_same_scene_and_scheme_come_back_to_the_same_folder(scene: Scene) -> None:
    with open_implicit(scene, LANDSLIDE) as project:
        (entry,) = project.scenes()
        assert entry.fingerprint == scene.fingerprint
        assert project.root.parent == cache_folder() / "projects"
    with open_implicit(scene, LANDSLIDE) as again:
        assert again.scenes() == (entry,)
    assert implicit_folders(scene.fingerprint) == (project.root,)


def test_each_scheme_has_a_folder_and_so_have_other_classes_of_the_same_name(scene: Scene) -> None:
    changed = CLOUD.model_copy(update={"classes": CLOUD.classes[:3]})
    roots = []
    for scheme in (LANDSLIDE, CLOUD, changed):
        with open_implicit(scene, scheme) as project:
            assert project.scheme == scheme
            roots.append(project.root)
    assert len(set(roots)) == 3
    assert set(implicit_folders(scene.fingerprint)) == set(roots)


def test_a_second_program_only_reads_them(scene: Scene) -> None:
    with open_implicit(scene, LANDSLIDE), open_implicit(scene, LANDSLIDE) as second:
        assert second.is_read_only
        assert len(second.scenes()) == 1
