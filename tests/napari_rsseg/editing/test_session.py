"""A session changes labels through the journal alone, and takes every step back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.editing import Change, Kind, Operation
from napari_rsseg.errors import OutputError, ProjectError
from napari_rsseg.project import Provenance
from napari_rsseg.scenes.windows import Window
from tests.label_bench import MODEL, PERSON, accept, assert_equal, disc

if TYPE_CHECKING:
    from tests.label_bench import LabelBench

PREDICTED, CORRECTED, ACCEPTED = Provenance.PREDICTED, Provenance.CORRECTED, Provenance.ACCEPTED


def test_a_stroke_says_label_provenance_and_actor_of_its_pixels_alone(bench: LabelBench) -> None:
    with bench.opened() as (session, _):
        told: list[Change] = []
        session.changed.connect(told.append)
        stroke = disc(510, 515, class_id=3)  # over the corner of four pages
        change = session.apply(stroke)
        assert told == [change]
        assert change is not None
        assert (change.window, change.tool, change.pixels) == (stroke.window, "brush", stroke.where.sum())
        block = session.labels.read(stroke.window)
        assert (block.labels == np.where(stroke.where, 3, 255)).all()
        assert (block.provenance == np.where(stroke.where, CORRECTED, 0)).all()
        assert (block.actor == np.where(stroke.where, PERSON, 0)).all()
        assert int((session.labels.labels(bench.whole) != 255).sum()) == stroke.where.sum()


def test_what_changes_nothing_is_no_step(bench: LabelBench) -> None:
    with bench.opened() as (session, _):
        session.apply(disc(50, 50))
        assert session.apply(disc(50, 50)) is None
        assert session.apply(disc(-500, 50)) is None
        assert (session.journal.sequence, session.undo_count) == (1, 1)


def test_a_stroke_over_the_border_is_clipped(bench: LabelBench) -> None:
    with bench.opened() as (session, _):
        change = session.apply(disc(0, 599))
        assert change is not None
        assert change.window == Window(0, 21, 579, 600)


def test_undo_and_redo_follow_the_steps_and_a_new_step_ends_redoing(bench: LabelBench) -> None:
    with bench.opened() as (session, _):
        states = [session.labels.read(bench.whole)]
        for column in (100, 110, 120):
            session.apply(disc(100, column, class_id=column // 100))
            states.append(session.labels.read(bench.whole))
        for state in reversed(states[:-1]):
            change = session.undo()
            assert change is not None
            assert change.kind is Kind.UNDO
            assert_equal(session.labels.read(bench.whole), state)
        assert session.undo() is None
        for state in states[1:3]:
            session.redo()
            assert_equal(session.labels.read(bench.whole), state)
        session.apply(disc(300, 300))
        assert session.redo() is None
        assert session.undo_count == 3


def test_a_prediction_fills_what_nobody_reviewed_and_is_no_step(bench: LabelBench) -> None:
    with bench.opened() as (session, _):
        session.apply(disc(100, 100, class_id=2))
        corrected = session.labels.provenance(bench.whole) == CORRECTED
        said = np.full((512, 512), 1, np.uint8)
        said[200:, :] = 255
        session.predict(Window(0, 512, 0, 512), said, actor=MODEL)
        block = session.labels.read(bench.whole)
        assert (block.labels[corrected] == 2).all()
        predicted = block.provenance == PREDICTED
        assert (predicted[:200, :512] == ~corrected[:200, :512]).all()
        assert not predicted[200:].any()
        assert (block.actor[predicted] == MODEL).all()
        assert session.undo_count == 1
        session.predict(Window(0, 512, 0, 512), np.full((512, 512), 255, np.uint8), actor=MODEL)
        assert not (session.labels.provenance(bench.whole) == PREDICTED).any()


def test_accepting_keeps_labels_and_one_undo_takes_all_of_it_back(bench: LabelBench) -> None:
    with bench.opened() as (session, _):
        session.predict(bench.whole, np.full(bench.whole.shape, 1, np.uint8), actor=MODEL)
        before = session.labels.read(bench.whole)
        session.apply(accept(bench.whole))
        block = session.labels.read(bench.whole)
        assert (block.labels == 1).all()
        assert (block.provenance == ACCEPTED).all()
        session.undo()
        assert_equal(session.labels.read(bench.whole), before)


def test_a_commit_brings_the_store_up_to_date_and_the_history_stays(bench: LabelBench) -> None:
    with bench.opened() as (session, _):
        session.apply(disc(500, 500))
        assert session.commit() == 4
        assert session.commit() == 0
        assert bench.store().sequence == 1
        assert_equal(bench.store().read(bench.whole), session.labels.read(bench.whole))
    with bench.opened() as (session, restored):
        assert restored.sentence == ""
        session.undo()
        assert (session.labels.labels(bench.whole) == 255).all()


def test_a_commit_that_fails_loses_nothing(bench: LabelBench, monkeypatch: pytest.MonkeyPatch) -> None:
    with bench.opened() as (session, _):
        session.apply(disc(500, 500))
        kept = bench.folder / "labels.zarr"
        moved = kept.rename(bench.folder / "elsewhere")
        with pytest.raises(OutputError, match=r"labels\.zarr"):
            session.commit()
        moved.rename(kept)
        assert session.commit() == 4
        assert_equal(bench.store().read(bench.whole), session.labels.read(bench.whole))


def test_a_scene_larger_than_memory_keeps_few_pages(bench: LabelBench) -> None:
    bench.height = bench.width = 20_000
    with bench.opened() as (session, _):
        session.labels._most_pages = 40
        for place in range(300, 20_000, 600):
            session.apply(disc(place, place, class_id=place % 5))
        assert len(session.labels._pages) <= 40
        for place in range(300, 20_000, 600):
            assert session.labels.labels(Window(place, place + 1, place, place + 1)).item() == place % 5
        session.commit()
    with bench.opened() as (session, restored):
        assert restored.sentence == ""
        while session.undo():
            pass
        assert session.labels.provenance(Window(300, 301, 300, 301)).item() == 0


def test_nothing_is_changed_where_the_journal_cannot_be_written(bench: LabelBench) -> None:
    with bench.opened() as (session, _):
        session.apply(disc(100, 100))
        before = session.labels.read(bench.whole)
        session.journal.close()
        with pytest.raises(ProjectError, match="so the last change was not made"):
            session.apply(disc(200, 200))
        with pytest.raises(ProjectError, match="so the last change was not made"):
            session.undo()
        assert_equal(session.labels.read(bench.whole), before)


def test_an_operation_with_labels_of_its_own_keeps_each(bench: LabelBench) -> None:
    with bench.opened() as (session, _):
        labels = np.arange(600, dtype=np.uint8)[None] % 200 * np.ones((3, 1), np.uint8)
        session.apply(Operation("copy", Window(1, 4, 0, 600), np.ones((3, 600), bool), labels))
        assert (session.labels.labels(Window(1, 4, 0, 600)) == labels).all()
