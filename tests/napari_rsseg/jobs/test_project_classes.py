"""A project in use gets other classes, and every label, old or undone, keeps its meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.classes.scheme import LANDSLIDE, ClassDefinition, Scheme
from napari_rsseg.editing import open_session
from napari_rsseg.errors import ProjectError, SchemeError
from napari_rsseg.jobs.project_check import check_project
from napari_rsseg.jobs.project_classes import change_classes
from napari_rsseg.project import LabelBlock, LabelStore, Project
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = Window.of(1100, 900)


def scheme(*names: str) -> Scheme:
    colours = ("#000000", "#ff0000", "#00ff00", "#0000ff")
    definitions = tuple(
        ClassDefinition(name=name, colour=colour) for name, colour in zip(names, colours, strict=False)
    )
    return Scheme(name="slides", classes=definitions)


def labels_of(root: Path) -> LabelBlock:
    return LabelStore(root / "scenes/b/labels.zarr", is_read_only=True).read(WHOLE)


@pytest.mark.parametrize(
    ("names", "becomes"),
    [
        (("background", "landslide", "scar"), {}),
        (("ground", "slide"), {"background": "ground", "landslide": "slide"}),
    ],
    ids=["one more", "other names"],
)
def test_more_classes_and_other_names_change_no_label(
    edited: Path, names: tuple[str, ...], becomes: dict[str, str]
) -> None:
    before = labels_of(edited)
    with Project.open(edited) as project:
        said = change_classes(project, scheme(*names), becomes)
    assert not said.is_remapped
    with Project.open(edited) as project:
        assert project.scheme.names == names
    np.testing.assert_array_equal(labels_of(edited).labels, before.labels)


def test_other_ids_are_written_into_labels_history_and_undo(edited: Path) -> None:
    before = labels_of(edited)
    with Project.open(edited) as project:
        said = change_classes(project, scheme("water", "landslide", "ground"), {"background": "ground"})
        assert said.is_remapped
        session, _ = open_session(project, project.scene("b"))
        assert session.undo_count == 40
        session.undo()
        session.redo()
        redone = session.labels.read(WHOLE)
        while session.undo():
            assert not (session.labels.labels(WHOLE) == 0).any(), "undo brings no old id back"
        session.close()
    expected = before.labels.copy()
    expected[before.labels == 0] = 2
    np.testing.assert_array_equal(redone.labels, expected)
    np.testing.assert_array_equal(redone.provenance, before.provenance)
    assert check_project(edited) == ()
    (kept,) = (edited / "backups").glob("scenes-*/b/labels.zarr")
    np.testing.assert_array_equal(LabelStore(kept, is_read_only=True).read(WHOLE).labels, before.labels)


def test_a_class_that_goes_is_asked_about_with_its_pixels(edited: Path) -> None:
    count = int((labels_of(edited).labels == 1).sum())
    with Project.open(edited) as project:
        with pytest.raises(SchemeError, match=rf'lack landslide \({count:,} pixels\).*"landslide=ignore"'):
            change_classes(project, scheme("background", "scar"), {})
        with pytest.raises(SchemeError, match=r"lake is no class of the project; sea is no new class"):
            change_classes(project, scheme("background", "scar"), {"lake": "sea"})
        assert project.scheme == LANDSLIDE
        change_classes(project, scheme("background"), {"landslide": "ignore"})
    found = labels_of(edited)
    assert set(np.unique(found.labels)) == {0, 255}


def test_ids_do_not_change_while_annotators_have_copies(edited: Path) -> None:
    with Project.open(edited) as project:
        with project.catalogue.transaction() as connection:
            connection.execute(
                "INSERT INTO windows (scene, row_start, row_stop, column_start, column_stop, assigned_to) "
                "VALUES ('b', 0, 512, 0, 512, 'ada')"
            )
        with pytest.raises(ProjectError, match="have copies"):
            change_classes(project, scheme("landslide", "background"), {})
