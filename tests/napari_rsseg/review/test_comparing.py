from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.editing import Operation, open_session
from napari_rsseg.errors import ProjectError
from napari_rsseg.review import (
    State,
    accept_window,
    compare_projects,
    fill_queue,
    labels_of,
    score_against,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.project import Project


def label(project: Project, windows: list[int], *, rows: int) -> None:
    """Paint the upper rows of windows as landslide, and accept the rest."""
    queue = fill_queue(project)
    session, _ = open_session(project, project.scenes()[0])
    for number in windows:
        entry = queue.entry(number)
        where = np.zeros((64, 64), dtype=bool)
        where[:rows] = True
        if rows:
            session.apply(Operation("brush", entry.window, where, 1))
        accept_window(session, queue, entry)
    session.close()


@pytest.fixture
def copies(make_project: Callable[[str], Project]) -> list[Project]:
    made = [make_project(name) for name in ("ana", "ben")]
    label(made[0], [1, 2, 6], rows=0)
    label(made[1], [1, 2, 11], rows=16)
    return made


def test_only_windows_that_all_have_done_are_compared_the_most_contested_first(copies: list[Project]) -> None:
    found = compare_projects(copies)
    assert [window.entry.id for window in found.windows] == [1, 2]
    assert found.windows[0].pixels == found.windows[1].pixels == 16 * 64
    assert found.pairs[0].overall == pytest.approx(0.75)
    assert found.fleiss < found.pairs[0].overall


def test_annotators_are_scored_against_what_the_lead_says(
    copies: list[Project], make_project: Callable[[str], Project]
) -> None:
    lead = make_project("lead")
    label(lead, [1], rows=16)
    fill_queue(lead).mark_gold([1])
    ana, ben = score_against(lead, copies, gold_only=True)
    assert (ana.first, ana.second, ben.second) == ("truth", "ana", "ben")
    assert ben.kappa == 1
    assert ana.overall == pytest.approx(0.75)


def test_what_one_annotator_says_can_be_taken_over(copies: list[Project]) -> None:
    entry = fill_queue(copies[0]).entry(1)
    labels = labels_of(copies[1], copies[0].scenes()[0].fingerprint, entry)
    assert (labels[:16] == 1).all()
    with pytest.raises(ProjectError, match="ben has reviewed nothing"):
        labels_of(copies[1], copies[0].scenes()[0].fingerprint, fill_queue(copies[0]).entry(16))


def test_copies_of_one_annotator_or_without_common_windows_are_refused(
    copies: list[Project], make_project: Callable[[str], Project]
) -> None:
    with pytest.raises(ProjectError, match="those of ana"):
        compare_projects([copies[0], copies[0]])
    third = make_project("cleo")
    label(third, [16], rows=0)
    with pytest.raises(ProjectError, match="No window"):
        compare_projects([copies[0], third])
    assert fill_queue(third).counts()[State.ACCEPTED] == 1
