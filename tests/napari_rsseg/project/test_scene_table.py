"""Scenes are in the catalogue and beside their labels, so that either brings back the other."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from napari_rsseg.errors import ProjectError
from napari_rsseg.project.scene_table import restore_scene
from napari_rsseg.scenes import open_scene

if TYPE_CHECKING:
    from napari_rsseg.project import Project


def test_a_scene_that_the_catalogue_lost_comes_back_from_the_file_beside_its_labels(project: Project) -> None:
    entries = project.scenes()
    with project.catalogue.transaction() as connection:
        connection.execute("DELETE FROM scenes")
    for entry in entries:
        folder = project.scene_folder(entry.id)
        assert restore_scene(project.catalogue, project.root, folder) == entry.id
        assert restore_scene(project.catalogue, project.root, folder) is None, "it is known now"
    assert project.scenes() == entries


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"id": 3}'])
def test_a_damaged_file_beside_the_labels_brings_nothing_back(project: Project, text: str) -> None:
    (project.scene_folder(project.scenes()[0].id) / "scene.json").write_text(text, encoding="utf-8")
    with project.catalogue.transaction() as connection:
        connection.execute("DELETE FROM scenes")
    assert restore_scene(project.catalogue, project.root, project.root / "scenes" / "none") is None
    found = [restore_scene(project.catalogue, project.root, path) for path in _folders(project)]
    assert sum(name is not None for name in found) == 1


def test_the_file_beside_the_labels_follows_a_scene_that_moved(project: Project) -> None:
    entry = project.scenes()[0]
    place = Path(entry.uri).with_name("renamed.tif")
    Path(entry.uri).rename(place)
    project.open_scene(entry).close()
    kept = json.loads((project.scene_folder(entry.id) / "scene.json").read_text(encoding="utf-8"))
    assert kept["uri"] == "../pictures/renamed.tif"


def test_one_file_is_not_two_scenes(project: Project) -> None:
    first, second = project.scenes()
    copy = Path(first.uri).with_name("copy.tif")
    shutil.copy(first.uri, copy)
    os.utime(copy, (0, 0))
    project.add_scene(open_scene(copy))
    with pytest.raises(ProjectError, match=r"is scene .* of the project already"):
        project.place_scene(first, str(copy))
    with pytest.raises(ProjectError, match="is not scene"):
        project.place_scene(second, str(copy))


def _folders(project: Project) -> list[Path]:
    return sorted((project.root / "scenes").iterdir())
