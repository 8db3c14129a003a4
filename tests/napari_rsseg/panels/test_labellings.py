"""Every edit lies in a project: the opened one, or one that the first edit made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg.classes.scheme import CLOUD, LANDSLIDE
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.project import Project
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.scenes.windows import Window
from tests.label_bench import paint

if TYPE_CHECKING:
    from pathlib import Path

SCENE = SyntheticScene(64, 0)


@pytest.fixture
def panel(stand_in: Any, tmp_path: Path) -> SegmentPanel:
    return SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions")


def _paint(panel: SegmentPanel) -> None:
    paint(panel.labelling(SCENE, CLOUD), Window(0, 4, 0, 4), 3)


def test_looking_at_labels_makes_no_project_and_the_first_edit_does(panel: SegmentPanel) -> None:
    panel.labelling(SCENE, CLOUD)
    assert not panel.labellings.folder.exists()
    _paint(panel)
    (root,) = panel.labellings.folder.iterdir()
    assert root.name == f"{SCENE.fingerprint}-cloud"
    assert panel.labellings.has_new_edits
    panel.close()
    with Project.open(root) as project:
        assert [entry.fingerprint for entry in project.scenes()] == [SCENE.fingerprint]
        assert project.scheme.names == CLOUD.names


@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "killed"])
def test_what_was_painted_is_there_in_the_next_session_and_can_be_undone(
    panel: SegmentPanel, is_closed: bool
) -> None:
    _paint(panel)
    labelling = panel.labelling(SCENE, CLOUD)
    if is_closed:
        panel.close()
    else:  # the system takes the lock back
        labelling.session.journal.close()
        labelling.begin().project.close()
    again = SegmentPanel(panel.start_engine, panel.store_root)
    assert again.labellings.painted_earlier(SCENE) == (CLOUD,)
    found = again.labelling(SCENE, CLOUD)
    assert (found.labels[0:4, 0:4] == 3).all()
    assert again.labellings.painted_earlier(SCENE) == ()
    assert again.message.startswith(
        "cloud: the labels are as they were left." if is_closed else "cloud: 1 edit from "
    )
    found.undo()
    assert found.count_edited(found.window) == 0
    again.close()


def test_saving_brings_the_store_up_to_date(panel: SegmentPanel) -> None:
    _paint(panel)
    panel.labellings.keep()
    assert not panel.labellings.has_new_edits
    opened = panel.labelling(SCENE, CLOUD).begin()
    (entry,) = opened.project.scenes()
    assert opened.project.label_store(entry.id).sequence == opened.session.journal.sequence == 1
    panel.close()


def test_labels_of_the_opened_project_lie_there_and_others_in_their_own(
    panel: SegmentPanel, tmp_path: Path
) -> None:
    with Project.create(tmp_path / "ours", name="ours", scheme=CLOUD) as project:
        panel.labellings.use(project)
        _paint(panel)
        assert not panel.labellings.folder.exists()
        paint(panel.labelling(SCENE, LANDSLIDE), Window(0, 4, 0, 4), 1)
        assert [root.name for root in panel.labellings.folder.iterdir()] == [f"{SCENE.fingerprint}-landslide"]
        panel.close()
        (entry,) = project.scenes()
        assert (project.label_store(entry.id).read(Window(0, 4, 0, 4)).labels == 3).all()


def test_other_classes_of_the_same_name_have_a_project_of_their_own(panel: SegmentPanel) -> None:
    _paint(panel)
    panel.close()
    other = LANDSLIDE.model_copy(update={"name": "cloud"})
    paint(panel.labelling(SCENE, other), Window(0, 4, 0, 4), 1)
    assert len(list(panel.labellings.folder.iterdir())) == 2
    assert (panel.labelling(SCENE, other).labels[0:4, 0:4] == 1).all()
    panel.close()


def test_a_second_window_can_look_and_is_told_who_holds_the_labels(panel: SegmentPanel) -> None:
    _paint(panel)
    second = SegmentPanel(panel.start_engine, panel.store_root)
    found = second.labelling(SCENE, CLOUD)
    assert (found.labels[0:4, 0:4] == 3).all()
    assert "can only be looked at" in second.message
    with pytest.raises(Exception, match="open only to read"):
        paint(found, Window(8, 9, 0, 4), 1)
    second.close()
    panel.close()


def test_a_folder_that_cannot_be_written_is_told(panel: SegmentPanel) -> None:
    panel.labellings.folder.write_text("a file", encoding="utf-8")
    with pytest.raises(Exception, match="cannot be written"):
        _paint(panel)
    assert panel.labelling(SCENE, CLOUD).count_edited(Window.of(64, 64)) == 0
