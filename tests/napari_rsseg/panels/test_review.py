"""The Review page without a screen, on a synthetic scene segmented by the stand-in engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_rsseg.editing import Operation
from napari_rsseg.panels.review import DECISIONS, ReviewPanel
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.review import Filter, Order, State
from napari_rsseg.scenes import Window
from napari_rsseg.scenes.synthetic import SyntheticScene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def panel(tmp_path: Path, stand_in: Any) -> Iterator[ReviewPanel]:
    segment = SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions")
    segment.add_scene("a scene", SyntheticScene((300, 200), 0))
    segment.choose_scene("a scene")
    review = ReviewPanel(segment, order=Order.RANDOM)
    scene = segment.scene
    assert scene is not None
    labelling = segment.labelling(scene, segment.scheme_of(segment.task))
    whole = Window.of(300, 200)
    labels = np.zeros((300, 200), dtype=np.uint8)
    labelling.write(whole, labels, np.full((300, 200), 200, dtype=np.uint8))
    labelling.begin().project.update_settings(window_px=64)
    yield review
    segment.close()


def test_the_queue_lists_the_windows_of_the_chosen_scene(panel: ReviewPanel) -> None:
    panel.open()
    assert len(panel.ids) == 5 * 4
    assert panel.counts[State.UNSEEN] == 20
    assert (panel.activity, panel.message) == ("", "")
    assert [entry.id for entry in panel.entries(3, 6)] == list(panel.ids[3:6])


def test_next_and_previous_go_through_the_list_and_stop_at_its_ends(panel: ReviewPanel) -> None:
    panel.open()
    seen: list[int] = []
    panel.shown.connect(lambda entry: seen.append(entry.id))
    panel.next()
    panel.next()
    panel.previous()
    assert seen == [panel.ids[0], panel.ids[1], panel.ids[0]]
    panel.previous()
    assert "end of the list" in panel.message
    assert panel.current == panel.ids[0]


def test_the_neighbours_of_a_window_are_those_that_come_next(panel: ReviewPanel) -> None:
    panel.open()
    panel.go(panel.ids[4])
    assert [entry.id for entry in panel.neighbours()] == [panel.ids[5], panel.ids[6], panel.ids[3]]


def test_accepting_goes_on_to_the_next_window(panel: ReviewPanel) -> None:
    panel.open()
    panel.next()
    first = panel.current
    panel.accept()
    assert panel.current == panel.ids[1]
    assert panel.counts[State.ACCEPTED] == 1
    assert panel.done_share == pytest.approx(1 / 20)
    assert panel.site is not None
    assert panel.site.queue.entry(first).state is State.ACCEPTED


def test_sending_back_needs_a_reason_and_flagging_none(panel: ReviewPanel) -> None:
    panel.open()
    panel.next()
    panel.send_back("  ")
    assert "Say what is to be done" in panel.message
    panel.send_back("shadow is no water")
    panel.flag()
    assert (panel.counts[State.SENT_BACK], panel.counts[State.FLAGGED]) == (1, 1)
    panel.go(panel.ids[0])
    assert panel.history[-1].why == "shadow is no water"
    panel.restore(panel.history[0].id)
    assert panel.history[-1].kind == "restore"
    panel.comment("looked at it again")
    assert panel.entry is not None
    assert panel.entry.comments == 1


def test_only_windows_in_the_wanted_states_are_listed(panel: ReviewPanel) -> None:
    panel.open()
    panel.next()
    panel.accept()
    panel.choose_states((State.ACCEPTED,))
    assert len(panel.ids) == 1
    panel.choose_states(())
    assert len(panel.ids) == 20


def test_a_blind_window_is_cleared_of_what_the_model_said_but_not_of_what_people_said(
    panel: ReviewPanel,
) -> None:
    panel.open()
    site = panel.site
    assert site is not None
    entry = site.queue.entry(panel.ids[0])
    site.queue.mark_blind([entry.id])
    where = np.zeros(entry.window.shape, dtype=bool)
    where[:4] = True
    site.session.apply(Operation("brush", entry.window, where, 1))
    panel.go(entry.id)
    labels = site.labelling.read_labels(entry.window)
    assert (labels[:4] == 1).all()
    assert (labels[4:] == 255).all()
    assert "blind" in panel.message


def test_an_order_that_learns_asks_to_be_computed_anew_after_some_decisions(panel: ReviewPanel) -> None:
    panel.open()
    panel.order = Order.DIVERSE
    panel.next()
    for _ in range(DECISIONS):
        assert not panel.wants_ranking
        panel.accept()
    assert panel.wants_ranking


def test_without_a_scene_or_a_window_the_page_says_what_to_do(panel: ReviewPanel, tmp_path: Path) -> None:
    panel.accept()
    assert "No window is on screen" in panel.message
    panel.segment.remove_scene("a scene")
    panel.open()
    assert "Open one and segment it" in panel.message


def test_an_order_that_needs_a_prediction_says_so_where_there_is_none(panel: ReviewPanel) -> None:
    panel.choose_order(Order.MARGIN)
    assert "has no prediction" in panel.message
    assert panel.site is not None
    assert len(panel.site.queue.ids(Order.MARGIN, Filter())) == 20
