from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_rsseg.classes.scheme import CLOUD, IGNORED
from napari_rsseg.project import Provenance
from napari_rsseg.scenes.windows import Window
from tests.label_bench import labelling_in, paint

if TYPE_CHECKING:
    from napari_rsseg.panels.labelling import Labelling

ids = hnp.arrays(np.uint8, (6, 5), elements=st.sampled_from([0, 1, 2, 3, IGNORED]))
few = settings(max_examples=15, deadline=None)
WHOLE = Window.of(6, 5)


def _predicted(labels: np.ndarray) -> Labelling:
    labelling = labelling_in(Path(tempfile.mkdtemp()), CLOUD, 6, 5)
    labelling.key = "a model's"
    labelling.write(WHOLE, labels, np.zeros_like(labels))
    return labelling


def test_a_new_labelling_says_nothing_and_makes_no_project(tmp_path: Path) -> None:
    labelling = labelling_in(tmp_path, CLOUD, 6, 5)
    assert (labelling.labels[:, :] == IGNORED).all()
    assert labelling.count_edited(labelling.window) == 0
    assert labelling.undo() is None
    assert not labelling.is_begun
    assert list(tmp_path.iterdir()) == []


@few
@given(first=ids, painted=ids, second=ids)
def test_edited_pixels_outlive_another_prediction(
    first: np.ndarray, painted: np.ndarray, second: np.ndarray
) -> None:
    labelling = _predicted(first)
    paint(labelling, WHOLE, painted)
    labelling.write(WHOLE, second, second)
    edited = painted != first
    assert (labelling.labels[:, :][edited] == painted[edited]).all()
    assert (labelling.labels[:, :][~edited] == second[~edited]).all()
    labelling.undo()  # what the stroke covered is the newest prediction's
    seen = (first != IGNORED) | ~edited
    assert (labelling.labels[:, :][~seen] == second[~seen]).all()


@few
@given(first=ids, painted=ids, second=ids)
def test_edits_go_when_that_was_asked_for_and_one_undo_brings_them_back(
    first: np.ndarray, painted: np.ndarray, second: np.ndarray
) -> None:
    labelling = _predicted(first)
    paint(labelling, WHOLE, painted)
    labelling.release(WHOLE)
    labelling.write(WHOLE, second, second)
    assert (labelling.labels[:, :] == second).all()
    assert labelling.count_edited(WHOLE) == 0
    edited = painted != first
    if edited.any():
        labelling.undo()
        assert (labelling.labels[:, :][edited] == painted[edited]).all()


@few
@given(first=ids, painted=ids)
def test_an_undone_edit_is_none(first: np.ndarray, painted: np.ndarray) -> None:
    labelling = _predicted(first)
    paint(labelling, WHOLE, painted)
    labelling.undo()
    assert labelling.count_edited(WHOLE) == 0
    assert (labelling.labels[:, :] == first).all()


@few
@given(first=ids, painted=ids)
def test_forgetting_a_prediction_leaves_only_edits(first: np.ndarray, painted: np.ndarray) -> None:
    labelling = _predicted(first)
    paint(labelling, WHOLE, painted)
    labelling.forget_prediction()
    edited = painted != first
    assert (labelling.labels[:, :][edited] == painted[edited]).all()
    assert (labelling.labels[:, :][~edited] == IGNORED).all()
    assert (labelling.predicted[:, :] == IGNORED).all()


def test_provenance_and_actor_tell_model_and_person_apart() -> None:
    labelling = _predicted(np.zeros((6, 5), np.uint8))
    paint(labelling, Window(0, 1, 0, 5), 3)
    block = labelling.session.labels.read(WHOLE)
    assert (block.provenance[0] == Provenance.CORRECTED).all()
    assert (block.provenance[1:] == Provenance.PREDICTED).all()
    actors = labelling.begin().project.catalogue.rows("SELECT id, name FROM actors")
    names = {row["id"]: row["name"] for row in actors}
    assert (names[block.actor[0, 0]], names[block.actor[5, 4]]) == ("Anna", "model")


def test_a_window_beyond_the_scene_counts_only_what_is_inside() -> None:
    labelling = _predicted(np.zeros((6, 5), np.uint8))
    paint(labelling, Window(0, 1, 0, 1), 3)
    assert labelling.count_edited(Window(-10, 20, -10, 20)) == 1


def test_a_large_scene_shows_coarse_levels_of_what_was_kept(tmp_path: Path) -> None:
    labelling = labelling_in(tmp_path, CLOUD, 9000, 1000)
    window = Window(8900, 9000, 500, 700)
    paint(labelling, window, 3)
    labelling.session.close()
    labelling.begin().project.close()
    again = labelling_in(tmp_path, CLOUD, 9000, 1000)
    again.begin()
    assert again.coarse is not None
    assert (again.coarse.levels[4][2225:2250, 125:175] == 3).all()
    assert again.count_edited(again.window) == 100 * 200
    again.undo()
    assert (again.coarse.levels[4][0:2250, 0:250] == IGNORED).all()
