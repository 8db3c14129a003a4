from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.editing import Operation, open_session
from napari_rsseg.errors import ProjectError
from napari_rsseg.project import Provenance
from napari_rsseg.review import State, accept_window, adjudicate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_rsseg.editing import Session
    from napari_rsseg.project import Project
    from napari_rsseg.review import ReviewQueue


@pytest.fixture
def session(project: Project) -> Iterator[Session]:
    session, _ = open_session(project, project.scenes()[0])
    yield session
    session.close()


def test_accepting_agrees_with_what_nobody_looked_at(session: Session, queue: ReviewQueue) -> None:
    entry = queue.entry(6)
    before = session.labels.labels(entry.window)
    assert accept_window(session, queue, entry) is State.ACCEPTED
    assert (session.labels.provenance(entry.window) == Provenance.ACCEPTED).all()
    np.testing.assert_array_equal(session.labels.labels(entry.window), before)
    assert queue.entry(6).state is State.ACCEPTED
    assert (session.labels.provenance(queue.entry(7).window) == Provenance.PREDICTED).all()


def test_a_window_in_which_somebody_painted_becomes_corrected(session: Session, queue: ReviewQueue) -> None:
    entry = queue.entry(1)
    where = np.zeros((64, 64), dtype=bool)
    where[:5] = True
    session.apply(Operation("brush", entry.window, where, 1))
    assert accept_window(session, queue, entry, why="scar added") is State.CORRECTED
    found = session.labels.provenance(entry.window)
    assert (found[:5] == Provenance.CORRECTED).all()
    assert (found[5:] == Provenance.ACCEPTED).all()
    assert queue.history(1)[-1].why == "scar added"


def test_accepting_is_one_step_of_undo(session: Session, queue: ReviewQueue) -> None:
    accept_window(session, queue, queue.entry(6))
    session.undo()
    assert (session.labels.provenance(queue.entry(6).window) == Provenance.PREDICTED).all()


def test_a_window_without_labels_cannot_be_accepted(session: Session, queue: ReviewQueue) -> None:
    entry = queue.entry(2)
    session.apply(Operation("erase", entry.window, np.ones((64, 64), dtype=bool), 255))
    with pytest.raises(ProjectError, match="no labels"):
        accept_window(session, queue, entry)
    assert queue.entry(2).state is State.UNSEEN


def test_adjudication_writes_the_winner_and_says_who_it_was(session: Session, queue: ReviewQueue) -> None:
    entry = queue.entry(3)
    right = np.full((64, 64), 1, dtype=np.uint8)
    right[:10] = 255
    before = session.labels.labels(entry.window)
    adjudicate(session, queue, entry, "ben", right, why="sees the old scar")
    after = session.labels.labels(entry.window)
    assert (after[10:] == 1).all()
    np.testing.assert_array_equal(after[:10], before[:10])
    told = next(event for event in queue.history(3) if event.kind == "adjudication")
    assert (told.details, told.why) == ({"winner": "ben"}, "sees the old scar")
    assert queue.entry(3).state is State.ACCEPTED
