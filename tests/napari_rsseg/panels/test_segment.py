from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_rsseg.errors import EngineError
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.panels.segment_state import SegmentState
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.scenes.windows import Window
from tests.label_bench import paint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_rsseg.panels.run import Run

SCENE = SyntheticScene((1024, 700), 3)
WAIT_S = 30


class Watch:
    """Notes what a panel tells."""

    def __init__(self, panel: SegmentPanel) -> None:
        self.finished: list[Run] = []
        self.windows: list[Window] = []
        self.messages: list[str] = []
        self._ended = threading.Semaphore(0)
        panel.run_finished.connect(self.finished.append)
        panel.events.run_state.connect(self._end)
        panel.block_written.connect(self._note)
        panel.events.message.connect(self.messages.append)

    def _end(self, state: str) -> None:
        if state == "idle":
            self._ended.release()

    def _note(self, run: Run, window: Window) -> None:
        self.windows.append(window)

    def wait(self) -> None:
        assert self._ended.acquire(timeout=WAIT_S), self.messages


@pytest.fixture
def panel(stand_in: Any, tmp_path: Path) -> Iterator[SegmentPanel]:
    made = SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions")
    made.add_scene("test scene", SCENE)
    made.start()
    yield made
    made.close()


@pytest.fixture
def watch(panel: SegmentPanel) -> Watch:
    return Watch(panel)


def _segment(panel: SegmentPanel, watch: Watch) -> None:
    panel.segment()
    watch.wait()


def test_without_a_scene_segment_says_what_to_do(stand_in: Any, tmp_path: Path) -> None:
    panel = SegmentPanel(lambda scheduler: stand_in, tmp_path)
    assert not panel.can_segment
    panel.segment()
    assert "No scene is open" in panel.message


def test_a_run_fills_the_labels_and_tells_areas(panel: SegmentPanel, watch: Watch) -> None:
    _segment(panel, watch)
    labelling = watch.finished[0].labelling
    assert (labelling.labels[:, :] == 1).all()
    assert panel.run_state == "idle"
    assert not panel.resumable
    assert "Done" in panel.message
    background, landslide = panel.areas
    assert landslide.name == "landslide"
    assert landslide.percent == 100
    assert landslide.hectares == pytest.approx(1024 * 700 * 100 / 10_000)
    assert background.pixels == 0


def test_each_block_is_told_as_it_arrives(panel: SegmentPanel, watch: Watch) -> None:
    _segment(panel, watch)
    covered = np.zeros((SCENE.height, SCENE.width), np.uint8)
    for window in watch.windows:
        covered[window.slices] += 1
    assert (covered == 1).all()
    assert (panel.done, panel.total) == (4, 4)


def test_a_second_click_during_a_run_is_refused_in_words(
    panel: SegmentPanel, watch: Watch, stand_in: Any
) -> None:
    stand_in.blocks_before_hold = 1
    panel.segment()
    assert stand_in.is_held.wait(WAIT_S)
    panel.segment()
    assert "going on" in panel.message
    assert len(stand_in.jobs) == 1
    stand_in.may_go_on.set()
    watch.wait()


def test_cancel_keeps_what_is_done_and_resume_does_the_rest(
    panel: SegmentPanel, watch: Watch, stand_in: Any
) -> None:
    stand_in.blocks_before_hold = 2
    panel.segment()
    assert stand_in.is_held.wait(WAIT_S)
    panel.cancel()
    watch.wait()
    assert panel.resumable
    assert "2 of 4 blocks" in panel.message
    stand_in.blocks_before_hold = None
    _segment(panel, watch)
    assert not panel.resumable
    assert (watch.finished[-1].labelling.labels[:, :] == 1).all()
    assert len(stand_in.jobs[1].report.done) == 4


def test_resuming_keeps_edits_without_asking(panel: SegmentPanel, watch: Watch, stand_in: Any) -> None:
    stand_in.blocks_before_hold = 2
    panel.segment()
    assert stand_in.is_held.wait(WAIT_S)
    panel.cancel()
    watch.wait()
    labels = watch.finished[0].labelling.labels
    paint(watch.finished[0].labelling, Window(5, 9, 5, 9), 0)
    stand_in.blocks_before_hold = None
    _segment(panel, watch)
    assert panel.question is None
    assert (labels[5:9, 5:9] == 0).all()


@pytest.mark.parametrize(("answer", "expected"), [("keep", 0), ("overwrite", 1)])
def test_segmenting_again_asks_before_it_touches_edits(
    panel: SegmentPanel, watch: Watch, answer: Any, expected: int
) -> None:
    _segment(panel, watch)
    labels = watch.finished[0].labelling.labels
    paint(watch.finished[0].labelling, Window(5, 9, 5, 9), 0)
    panel.segment()
    assert panel.question is not None
    assert "16 pixels" in panel.question.text
    assert panel.run_state == "idle"
    assert (labels[5:9, 5:9] == 0).all()
    panel.answer(answer)
    watch.wait()
    assert (labels[5:9, 5:9] == expected).all()


def test_the_question_can_be_answered_by_not_running(
    panel: SegmentPanel, watch: Watch, stand_in: Any
) -> None:
    _segment(panel, watch)
    paint(watch.finished[0].labelling, Window(0, 1, 0, 1), 0)
    panel.segment()
    panel.answer("stop")
    assert panel.question is None
    assert panel.can_segment
    assert len(stand_in.jobs) == 1


def test_edits_outside_the_region_raise_no_question(panel: SegmentPanel, watch: Watch) -> None:
    _segment(panel, watch)
    paint(watch.finished[0].labelling, Window(0, 1, 0, 1), 0)
    panel.region_kind, panel.rectangle = "rectangle", Window(600, 700, 600, 690)
    _segment(panel, watch)
    assert panel.question is None


def test_failed_blocks_leave_the_run_incomplete_and_named(
    panel: SegmentPanel, watch: Watch, stand_in: Any
) -> None:
    stand_in.fails_at = {Window(0, 512, 0, 512)}
    _segment(panel, watch)
    assert panel.resumable
    assert "1 of 4 blocks failed" in panel.message
    assert "0:512,0:512" in panel.message
    assert "Copy it again." in panel.message


def test_an_engine_that_breaks_down_leaves_the_page_usable(
    panel: SegmentPanel, watch: Watch, stand_in: Any
) -> None:
    stand_in.breaks_down = True
    _segment(panel, watch)
    assert "worker is gone" in panel.message
    stand_in.breaks_down = False
    _segment(panel, watch)
    assert "Done" in panel.message


def test_an_engine_that_does_not_start_says_why(tmp_path: Path) -> None:
    def refuse(scheduler: str | None) -> Any:
        raise EngineError("Nothing answers at tcp://nowhere:8786.", "Check the address.")

    panel = SegmentPanel(refuse, tmp_path)
    panel.add_scene("test scene", SCENE)
    watch = Watch(panel)
    panel.segment()
    watch.wait()
    assert "Nothing answers" in panel.message
    assert panel.engine_state == "failed"
    assert panel.can_segment


def test_an_unforeseen_error_names_the_log(tmp_path: Path) -> None:
    def fall(scheduler: str | None) -> Any:
        raise ZeroDivisionError("of all things")

    panel = SegmentPanel(fall, tmp_path)
    panel.add_scene("test scene", SCENE)
    watch = Watch(panel)
    panel.segment()
    watch.wait()
    path = panel.message.rpartition(" are in ")[2].rstrip(".")
    assert "of all things" in Path(path).read_text()


def test_closing_while_the_engine_starts_closes_it_once_it_is_up(stand_in: Any, tmp_path: Path) -> None:
    is_up = threading.Event()

    def start(scheduler: str | None) -> Any:
        is_up.wait(WAIT_S)
        return stand_in

    panel = SegmentPanel(start, tmp_path)
    panel.start()
    panel.close()
    assert panel.engine_state == "off"
    is_up.set()
    assert stand_in.closed.wait(WAIT_S)


def test_another_scheduler_means_another_engine(panel: SegmentPanel, stand_in: Any) -> None:
    addresses: list[str | None] = []
    panel.start_engine = lambda scheduler: addresses.append(scheduler) or stand_in  # type: ignore[func-returns-value]
    ready = threading.Event()
    panel.events.engine_state.connect(lambda state: ready.set() if state == "ready" else None)
    panel.choose_options(panel.options.model_copy(update={"scheduler": "tcp://host:8786"}))
    assert ready.wait(WAIT_S)
    assert addresses == ["tcp://host:8786"]
    assert stand_in.closed.wait(WAIT_S)


def test_the_view_is_passed_on_to_the_running_job(panel: SegmentPanel, watch: Watch, stand_in: Any) -> None:
    stand_in.blocks_before_hold = 0
    panel.segment()
    assert stand_in.is_held.wait(WAIT_S)
    panel.look_at(Window(0, 10, 0, 10))
    stand_in.may_go_on.set()
    watch.wait()
    assert stand_in.jobs[0].views == [Window(0, 10, 0, 10)]


def test_another_task_lists_its_models_and_has_labels_of_its_own(panel: SegmentPanel, watch: Watch) -> None:
    _segment(panel, watch)
    panel.choose_task("cloud")
    assert panel.model_name == "cloud-starter"
    assert panel.areas == ()
    _segment(panel, watch)
    first, second = (run.labelling for run in watch.finished)
    assert first is not second
    assert second.scheme.name == "cloud"


def test_an_imported_model_that_is_none_is_told(panel: SegmentPanel, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"x")
    panel.import_model(tmp_path / "weights.bin")
    assert "neither a model card nor weights" in panel.message


def test_every_field_of_the_page_has_its_sentence() -> None:
    from dataclasses import fields

    described = SegmentState.__doc__ or ""
    undescribed = [entry.name for entry in fields(SegmentPanel) if entry.name not in described]
    assert not undescribed


def test_layers_that_cannot_be_made_are_told_and_nothing_is_begun(panel: SegmentPanel, stand_in: Any) -> None:
    def refuse(run: Run) -> None:
        raise EngineError("The window has no room.", "Close another one.")

    panel.run_prepared.connect(refuse)
    panel.segment()
    assert panel.message == "The window has no room. Close another one."
    assert panel.can_segment
    assert stand_in.jobs == []
