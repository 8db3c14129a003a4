from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_rsseg.errors import ProjectError
from napari_rsseg.project.catalogue import Catalogue
from napari_rsseg.review import DONE, Filter, Order, ReviewQueue, State
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GRID = [Window(row, row + 512, column, column + 512) for row in (0, 512) for column in (0, 512, 1024)]


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = Catalogue.open(tmp_path / "catalogue.sqlite")
    with catalogue.transaction() as connection:
        connection.executemany(
            "INSERT INTO scenes (id, uri, fingerprint, title, height, width, affine, added_at) "
            "VALUES (?, ?, ?, ?, 1024, 1536, '[1, 0, 0, 0, 1, 0]', '2026-01-01T00:00:00.000Z')",
            [(name, f"{name}.tif", name, name) for name in ("spring", "autumn")],
        )
    yield catalogue
    catalogue.close()


@pytest.fixture
def queue(catalogue: Catalogue) -> ReviewQueue:
    queue = ReviewQueue(catalogue, "ana")
    queue.fill("spring", GRID)
    return queue


def test_filling_again_adds_only_what_is_new(queue: ReviewQueue) -> None:
    queue.change([1], State.ACCEPTED)
    assert queue.fill("spring", [*GRID, Window(0, 64, 0, 64)]) == 1
    assert queue.entry(1).state is State.ACCEPTED
    assert len(queue.of_scene("spring")) == 7


def test_the_highest_score_comes_first_and_windows_without_one_last(queue: ReviewQueue) -> None:
    queue.set_scores(Order.MARGIN, {2: 0.1, 5: 0.9, 3: 0.4})
    assert queue.ids(Order.MARGIN) == [5, 3, 2, 1, 4, 6]
    queue.set_scores(Order.MARGIN, {2: 0.95})
    assert queue.ids(Order.MARGIN)[0] == 2
    assert queue.ids(Order.RARE) == [1, 2, 3, 4, 5, 6]


def test_what_is_put_first_by_hand_stays_before_what_was_put_first_earlier(queue: ReviewQueue) -> None:
    queue.put_first(4)
    queue.put_first(6)
    assert queue.ids(Order.BY_HAND)[:2] == [6, 4]


def test_each_change_is_an_event_with_who_when_and_why(queue: ReviewQueue, catalogue: Catalogue) -> None:
    queue.change([1, 2], State.ACCEPTED)
    ReviewQueue(catalogue, "lead").change([1], State.SENT_BACK, why="the scar ends higher up")
    history = queue.history(1)
    assert [(event.who, event.state, event.why) for event in history] == [
        ("ana", "accepted", ""), ("lead", "sent back", "the scar ends higher up"),
    ]  # fmt: skip
    assert history[1].details == {"before": "accepted"}
    assert history[0].at.endswith("Z")
    assert queue.history(3) == []


def test_the_same_state_again_is_no_event_unless_something_is_said(queue: ReviewQueue) -> None:
    queue.change([1], State.FLAGGED)
    queue.change([1], State.FLAGGED)
    queue.change([1], State.FLAGGED, why="cloud or snow?")
    assert [event.why for event in queue.history(1)] == ["", "cloud or snow?"]


def test_an_earlier_state_is_restored_as_a_further_event(queue: ReviewQueue) -> None:
    queue.change([1], State.CORRECTED)
    queue.change([1], State.SENT_BACK)
    first = queue.history(1)[0].id
    assert queue.restore(1, first) is State.CORRECTED
    assert [event.kind for event in queue.history(1)] == ["state", "state", "restore"]
    assert queue.entry(1).state is State.CORRECTED
    with pytest.raises(ProjectError, match="no event 999"):
        queue.restore(1, 999)


def test_comments_are_counted_and_stay_in_the_history(queue: ReviewQueue) -> None:
    queue.comment(3, " shadow, not water ")
    assert queue.entry(3).comments == 1
    assert queue.history(3)[0].why == "shadow, not water"
    with pytest.raises(ProjectError, match="empty"):
        queue.comment(3, "  ")


def test_filters_and_counts(queue: ReviewQueue, catalogue: Catalogue) -> None:
    queue.fill("autumn", GRID[:2])
    queue.change([1, 2], State.ACCEPTED)
    queue.change([3], State.CORRECTED)
    queue.comment(4, "?")
    queue.mark_gold([5])
    queue.mark_blind([6])
    with catalogue.transaction() as connection:
        connection.execute("UPDATE windows SET assigned_to = 'ana,ben' WHERE id = 1")
        connection.execute("UPDATE windows SET assigned_to = 'ben' WHERE id = 2")
    assert queue.ids(wanted=Filter(states=DONE)) == [1, 2, 3]
    assert queue.ids(wanted=Filter(scene="autumn")) == [7, 8]
    assert queue.ids(wanted=Filter(states=DONE, assigned_to="ana")) == [1, 3]
    assert queue.ids(wanted=Filter(with_comments=True)) == [4]
    assert queue.ids(wanted=Filter(gold=True)) == [5]
    assert queue.ids(wanted=Filter(blind=True)) == [6]
    counts = queue.counts(Filter(scene="spring"))
    assert counts[State.ACCEPTED] == 2
    assert counts[State.UNSEEN] == 3
    assert counts[State.SENT_BACK] == 0


def test_unknown_windows_are_refused_by_number(queue: ReviewQueue) -> None:
    with pytest.raises(ProjectError, match="no window 77"):
        queue.change([1, 77], State.ACCEPTED)
    assert queue.entry(1).state is State.UNSEEN
    with pytest.raises(ProjectError, match="no window 77"):
        queue.entry(77)


def test_a_project_that_is_open_only_to_read_is_listed_but_not_changed(
    queue: ReviewQueue, catalogue: Catalogue
) -> None:
    other = Catalogue.open(catalogue.path, read_only=True)
    reader = ReviewQueue(other, "ben")
    assert len(reader.ids()) == 6
    with pytest.raises(ProjectError, match="open only to read"):
        reader.change([1], State.ACCEPTED)
    other.close()


def test_a_hundred_thousand_windows_are_sorted_filtered_and_changed(
    queue: ReviewQueue, catalogue: Catalogue
) -> None:
    side = 16
    many = [
        Window(row, row + side, column, column + side)
        for row in range(0, 400 * side, side)
        for column in range(1600, 1600 + 250 * side, side)
    ]
    assert queue.fill("autumn", many) == 100_000
    queue.set_scores(Order.LEAST_CONFIDENT, {number: -float(number) for number in range(7, 100_007)})
    ids = queue.ids(Order.LEAST_CONFIDENT, Filter(scene="autumn", states=(State.UNSEEN,)))
    assert (len(ids), ids[0], ids[-1]) == (100_000, 7, 100_006)
    queue.change(ids[:1000], State.ACCEPTED)
    assert queue.counts()[State.ACCEPTED] == 1000
