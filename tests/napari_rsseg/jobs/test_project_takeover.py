"""What was painted before there was a project comes into it: labels, history, reviewed windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.classes.scheme import CLOUD, LANDSLIDE
from napari_rsseg.editing import Operation, open_session
from napari_rsseg.jobs.project_making import add_scenes
from napari_rsseg.jobs.project_takeover import take_over
from napari_rsseg.project import Project, implicit_folders, open_implicit
from napari_rsseg.scenes import Window, open_scene

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = Window.of(1100, 900)


@pytest.fixture
def painted(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The larger scene, painted without a project; one stroke is undone and one window accepted."""
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "cache"))
    with open_implicit(open_scene(pictures / "b.tif"), LANDSLIDE) as project:
        (entry,) = project.scenes()
        session, _ = open_session(project, entry)
        generator = np.random.default_rng(3)
        for row in range(0, 1000, 50):
            where = generator.random((60, 300)) < 0.5  # so ragged that it is deflated, not stored as runs
            session.apply(Operation("brush", Window(row, row + 60, 400, 700), where, row // 50 % 2))
        session.undo()
        session.close()
        with project.catalogue.transaction() as connection:
            connection.execute(
                "INSERT INTO windows (id, scene, row_start, row_stop, column_start, column_stop, state) "
                "VALUES (7, ?, 0, 512, 0, 512, 'accepted')",
                (entry.id,),
            )
            connection.execute(
                "INSERT INTO events (at, actor, window, kind, state) "
                "VALUES ('2026', ?, 7, 'state', 'accepted')",
                (session.actor,),
            )
            connection.execute("INSERT INTO activity VALUES (7, 1, ?, 12.5)", (session.actor,))
    return pictures / "b.tif"


def project_with_others(folder: Path) -> Project:
    """A project in which other actors have the numbers that the cache gave to its own."""
    project = Project.create(folder, name="Slides", scheme=LANDSLIDE)
    for number in range(300):
        project.catalogue.actor("model", f"model {number}")
    return project


def test_labels_history_and_windows_come_with_the_right_actors(painted: Path, tmp_path: Path) -> None:
    (folder,) = implicit_folders(open_scene(painted).fingerprint)
    with Project.open(folder) as old:
        before = old.label_store("b").read(WHOLE)
    with project_with_others(tmp_path / "slides") as project:
        (added,) = add_scenes(project, [str(painted)])
        assert added.entry is not None
        assert added.taken_over is not None
        assert added.taken_over.steps == 21
        after = project.label_store(added.entry.id).read(WHOLE)
        np.testing.assert_array_equal(after.labels, before.labels)
        np.testing.assert_array_equal(after.provenance, before.provenance)
        np.testing.assert_array_equal(after.actor, np.where(before.actor, 301, 0))
        (window,) = project.catalogue.rows("SELECT id, state FROM windows")
        assert window["state"] == "accepted"
        (event,) = project.catalogue.rows("SELECT window, actor, state FROM events")
        assert tuple(event) == (window["id"], 301, "accepted")
        (spent,) = project.catalogue.rows("SELECT * FROM activity")
        assert tuple(spent) == (window["id"], 1, 301, 12.5)
        session, _ = open_session(project, added.entry)
        session.redo()
        while session.undo():
            pass
        session.close()
        assert (project.label_store(added.entry.id).read(WHOLE).labels == 255).all()
    assert not folder.exists()
    assert (folder.parent / "taken-over" / folder.name / "project.toml").exists(), "kept aside"


def test_labels_of_other_classes_stay_where_they_are(painted: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "clouds", name="Clouds", scheme=CLOUD) as project:
        (added,) = add_scenes(project, [str(painted)])
        assert added.taken_over is None
    assert len(implicit_folders(open_scene(painted).fingerprint)) == 1


def test_a_project_with_edits_of_its_own_keeps_them(painted: Path, tmp_path: Path) -> None:
    with project_with_others(tmp_path / "slides") as project:
        entry = project.add_scene(open_scene(painted))
        session, _ = open_session(project, entry)
        session.apply(Operation("brush", Window(0, 5, 0, 5), np.ones((5, 5), np.bool_), 1))
        session.close()
        assert take_over(project, entry) is None
        assert (project.label_store(entry.id).read(WHOLE).labels == 1).sum() == 25
