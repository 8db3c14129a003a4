"""Whatever ends the program, the next one finds every step, and takes each back."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from napari_rsseg.editing import Journal, Operation
from napari_rsseg.editing.opening import Restored, rebuild, resume
from napari_rsseg.errors import ProjectError
from napari_rsseg.project import LabelBlock, LabelStore, Provenance
from napari_rsseg.scenes.windows import Window
from tests.label_bench import MODEL, PERSON, LabelBench, accept, assert_equal, disc

rows, columns = st.integers(-30, 730), st.integers(-30, 630)
classes = st.sampled_from([0, 1, 2, 255])


class Editing(RuleBasedStateMachine):
    """A person and a model change labels; programs end at any moment and are started again."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = LabelBench(Path(tempfile.mkdtemp()) / "scene")
        self.undone: list[LabelBlock] = []
        self.begin()
        self.states = [self.now()]  # before each step that can be taken back, and now

    def begin(self) -> None:
        self.journal = Journal(self.bench.journal)
        self.session, self.restored = resume(self.bench.store(), self.journal, PERSON)

    def now(self) -> LabelBlock:
        return self.session.labels.read(self.bench.whole)

    def apply(self, operation: Operation) -> None:
        if self.session.apply(operation) is not None:
            self.states.append(self.now())
            self.undone = []

    @rule(row=rows, column=columns, radius=st.integers(1, 40), class_id=classes)
    def paint(self, row: int, column: int, radius: int, class_id: int) -> None:
        self.apply(disc(row, column, radius=radius, class_id=class_id))

    @rule(row=rows, column=columns, seed=st.integers(0, 9))
    def copy(self, row: int, column: int, seed: int) -> None:
        window = Window(row, row + 50, column, column + 90)
        random = np.random.default_rng(seed)
        labels = random.integers(0, 4, window.shape, dtype=np.uint8)
        self.apply(Operation("copy", window, random.random(window.shape) < 0.6, labels))

    @rule(row=rows, column=columns, height=st.integers(1, 700), width=st.integers(1, 600))
    def accept(self, row: int, column: int, height: int, width: int) -> None:
        self.apply(accept(Window(row, row + height, column, column + width)))

    @precondition(lambda self: len(self.states) == 1 and not self.undone)
    @rule(class_id=classes)
    def predict(self, class_id: int) -> None:
        self.session.predict(
            self.bench.whole, np.full(self.bench.whole.shape, class_id, np.uint8), actor=MODEL
        )
        self.states = [self.now()]

    @rule()
    def undo(self) -> None:
        change = self.session.undo()
        assert (change is None) == (len(self.states) == 1)
        if change is not None:
            self.undone.append(self.states.pop())

    @rule()
    def redo(self) -> None:
        change = self.session.redo()
        assert (change is None) == (not self.undone)
        if change is not None:
            self.states.append(self.undone.pop())

    @rule()
    def commit(self) -> None:
        self.session.commit()

    @rule(is_killed=st.booleans())
    def restart(self, is_killed: bool) -> None:
        if not is_killed:
            self.session.close()
        self.journal.close()
        self.begin()
        assert not self.restored.damage
        if not is_killed:
            assert self.restored == Restored(undo_count=len(self.states) - 1)

    @invariant()
    def labels_are_as_the_last_step_left_them(self) -> None:
        assert_equal(self.now(), self.states[-1])
        assert self.session.undo_count == len(self.states) - 1

    def teardown(self) -> None:
        self.restart(is_killed=True)
        for state in reversed(self.states[:-1]):
            self.session.undo()
            assert_equal(self.now(), state)
        fresh = LabelStore.create(self.bench.folder / "fresh.zarr", self.bench.height, self.bench.width)
        rebuild(self.bench.journal, fresh)
        assert_equal(fresh.read(self.bench.whole), self.now())
        self.journal.close()
        shutil.rmtree(self.bench.folder.parent)


TestEditing: Any = Editing.TestCase
TestEditing.settings = settings(max_examples=10, stateful_step_count=15, deadline=None)


def test_what_was_not_saved_is_restored_and_said(bench: LabelBench) -> None:
    with bench.opened() as (session, _):
        session.apply(disc(100, 100))
        session.commit()
        session.apply(disc(200, 200, class_id=2))
        session.apply(disc(300, 300))
        session.undo()
        before = session.labels.read(bench.whole)
    with bench.opened() as (session, restored):
        assert_equal(session.labels.read(bench.whole), before)
        assert restored.sentence.startswith("2 edits and 1 undo from 2")
        assert restored.sentence.endswith("were restored. Undo reaches back 2 steps.")
        assert session.redo() is not None


def test_two_crashes_in_a_row_lose_nothing(bench: LabelBench) -> None:
    with bench.opened() as (session, _):
        session.apply(disc(100, 100))
    bench.journal.write_bytes(bench.journal.read_bytes()[:-3])
    with bench.opened() as (session, restored):
        assert "cut short and is dropped" in restored.sentence
        session.apply(disc(200, 200))
        before = session.labels.read(bench.whole)
    with bench.opened() as (session, restored):
        assert restored.steps == 1
        assert restored.damage == ()
        assert_equal(session.labels.read(bench.whole), before)


def test_a_damaged_entry_costs_its_own_step_and_what_undo_reaches_beyond_it(bench: LabelBench) -> None:
    with bench.opened() as (session, _):
        places = []
        for row in (100, 200, 300):
            session.apply(disc(row, 100))
            places.append(session.journal.steps.undo)
    data = bytearray(bench.journal.read_bytes())
    data[places[1] + 40] ^= 1
    bench.journal.write_bytes(data)
    with bench.opened() as (session, restored):
        assert "1 damaged place in the journal" in restored.sentence
        said = session.labels.labels(bench.whole)[[100, 200, 300], 100]
        assert said.tolist() == [1, 255, 1]
        assert session.undo() is not None
        with pytest.raises(ProjectError, match="the history ends here"):
            session.undo()


def test_a_lost_journal_is_said_and_the_labels_stay(bench: LabelBench) -> None:
    with bench.opened() as (session, _):
        session.apply(disc(100, 100))
        session.commit()
        before = session.labels.read(bench.whole)
    bench.journal.unlink()
    with bench.opened() as (session, restored):
        assert "The journal is missing" in restored.sentence
        assert_equal(session.labels.read(bench.whole), before)
        assert session.undo() is None
        session.apply(disc(300, 300))
        before = session.labels.read(bench.whole)
    with bench.opened() as (session, _):
        assert_equal(session.labels.read(bench.whole), before)
        assert (session.labels.provenance(bench.whole) == Provenance.CORRECTED).any()
