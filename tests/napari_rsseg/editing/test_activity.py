"""Active time in the catalogue of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.editing.activity import ActiveSeconds, active_seconds, add_seconds
from napari_rsseg.errors import ProjectError
from napari_rsseg.project import Project
from napari_rsseg.scenes import open_scene
from napari_rsseg.scenes.synthetic import write_synthetic
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = Window(0, 64, 0, 64)


def test_time_adds_up_by_window_class_and_person_and_makes_the_window(tmp_path: Path) -> None:
    image = write_synthetic(tmp_path / "scene.tif", size=100)[0]
    with Project.create(tmp_path / "project", name="p", scheme=LANDSLIDE) as project:
        entry = project.add_scene(open_scene(image))
        anna, bela = (project.catalogue.actor("person", name) for name in ("anna", "bela"))
        for seconds in (1.5, 2.0):
            add_seconds(project.catalogue, entry.id, WINDOW, 1, anna, seconds)
        add_seconds(project.catalogue, entry.id, WINDOW, 0, anna, 4.0)
        add_seconds(project.catalogue, entry.id, Window(64, 100, 0, 64), 1, bela, 5.0)
        assert active_seconds(project.catalogue) == (
            ActiveSeconds(entry.id, WINDOW, 0, "anna", 4.0),
            ActiveSeconds(entry.id, WINDOW, 1, "anna", 3.5),
            ActiveSeconds(entry.id, Window(64, 100, 0, 64), 1, "bela", 5.0),
        )


def test_nothing_is_added_to_a_project_that_is_open_only_to_read(tmp_path: Path) -> None:
    Project.create(tmp_path / "project", name="p", scheme=LANDSLIDE).close()
    with (
        Project.open(tmp_path / "project", read_only=True) as project,
        pytest.raises(ProjectError, match="only to read"),
    ):
        add_seconds(project.catalogue, "a", WINDOW, 1, 1, 2.0)
