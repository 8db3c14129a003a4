"""What panels and docks share: classes of one's own, and a stand-in for the engine with real stores."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_rsseg.engine.events import (
    BlockDone,
    BlockFailed,
    DeviceInfo,
    EngineEvent,
    PredictionReport,
    Progress,
)
from napari_rsseg.engine.prompting.prompts import (
    Candidate,
    PackedMask,
    PromptAnswer,
    Prompts,
    Proposals,
    ViewReady,
)
from napari_rsseg.engine.results import BlockResult, PredictionStore, StoreLayout
from napari_rsseg.errors import EngineError
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.engine.prompting.view import PromptView
    from napari_rsseg.engine.request import PredictionRequest

BLOCK_PX = 512


@dataclass
class StandInJob:
    """Writes the same class everywhere, block by block, on a thread."""

    engine: StandInEngine
    request: PredictionRequest
    on_event: Callable[[EngineEvent], None]
    cancelled: threading.Event = field(default_factory=threading.Event)
    views: list[Window] = field(default_factory=list)
    report: PredictionReport | None = None

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def cancel(self) -> None:
        self.cancelled.set()
        self.engine.may_go_on.set()

    def set_view(self, window: Window) -> None:
        self.views.append(window)

    def wait(self) -> PredictionReport:
        self.thread.join()
        if self.engine.breaks_down:
            raise EngineError("The worker is gone.", "Segment again.")
        assert self.report is not None
        return self.report

    def _run(self) -> None:
        request, engine = self.request, self.engine
        layout = StoreLayout(request.height, request.width, request.classes, BLOCK_PX)
        store = PredictionStore.create(request.store, layout, {})
        failed = []
        for number, block in enumerate(store.missing_blocks(request.region)):
            if number == engine.blocks_before_hold:
                engine.is_held.set()
                engine.may_go_on.wait()
            if self.cancelled.is_set() or engine.breaks_down:
                break
            window = store.grid.window(block)
            if window in engine.fails_at:
                failed.append(BlockFailed(window, "The file ends here.", "Copy it again."))
                continue
            labels = np.full((window.height, window.width), engine.predicted_id, dtype=np.uint8)
            confidence = np.full_like(labels, 200)
            store.write_block(block, BlockResult(labels, confidence, confidence))
            self.on_event(BlockDone(window, labels, confidence))
            done = len(store.done_blocks(request.region))
            total = done + len(store.missing_blocks(request.region))
            self.on_event(Progress(done, total, 1e6, 1.0))
        done_windows = tuple(map(store.grid.window, store.done_blocks(request.region)))
        missing = tuple(map(store.grid.window, store.missing_blocks(request.region)))
        self.report = PredictionReport(
            done=done_windows, missing=missing, failed=tuple(failed), cancelled=self.cancelled.is_set(),
            changes=(), seconds=0.5, pixels_per_second=1e6, device="Stand-in", precision="float32",
        )  # fmt: skip


@dataclass
class StandInEngine:
    """Predicts one class.

    Attributes
    ----------
    predicted_id : int
        The class.
    blocks_before_hold : int or None
        After so many blocks the job waits for ``may_go_on``.
    fails_at : set of Window
        Blocks that fail.
    breaks_down : bool
        Whether jobs end in an error.
    asked : list
        Views that were prepared, and prompts that were answered.
    view_is_looked_at : Event
        Views are ready, and prompts answered, once it is set; it is, unless a test clears it.
    """

    predicted_id: int = 1
    blocks_before_hold: int | None = None
    fails_at: set[Window] = field(default_factory=set)
    breaks_down: bool = False
    is_held: threading.Event = field(default_factory=threading.Event)
    may_go_on: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)
    jobs: list[StandInJob] = field(default_factory=list)
    asked: list[PromptView | Prompts] = field(default_factory=list)
    view_is_looked_at: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.view_is_looked_at.set()

    def device(self) -> DeviceInfo:
        return DeviceInfo("Stand-in", "cpu", 4 * 2**30, "float32")

    def predict(self, request: PredictionRequest, *, on_event: Callable[[EngineEvent], None]) -> StandInJob:
        self.jobs.append(StandInJob(self, request, on_event))
        return self.jobs[-1]

    def prepare_view(self, view: PromptView) -> Future[ViewReady]:
        self.asked.append(view)
        return self._later(lambda: ViewReady("stand-in", False, 0.1))

    def segment_prompts(self, view: PromptView, prompts: Prompts) -> Future[PromptAnswer]:
        """Answer three squares, each larger, about the last positive click or the box."""
        self.asked.append(prompts)
        return self._later(lambda: PromptAnswer(_squares(prompts), "stand-in", 0.1))

    def propose(self, view: PromptView) -> Future[Proposals]:
        """Answer one large region and a small one within it."""
        regions = tuple(_square(50, 50, half, 0.9) for half in (20, 5))
        return self._later(lambda: Proposals(regions, "stand-in", 0.1))

    def _later(self, answer: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()

        def work() -> None:
            self.view_is_looked_at.wait()
            if not future.set_running_or_notify_cancel():
                return
            if self.breaks_down:
                future.set_exception(EngineError("The worker is gone.", "Click again."))
            else:
                future.set_result(answer())

        threading.Thread(target=work, daemon=True).start()
        return future

    def close(self) -> None:
        self.may_go_on.set()
        self.view_is_looked_at.set()
        self.closed.set()


def _squares(prompts: Prompts) -> tuple[Candidate, ...]:
    places = [(point.row, point.column) for point in prompts.points if point.is_positive]
    places += [((box.row_start + box.row_stop) / 2, (box.column_start + box.column_stop) / 2)
               for box in prompts.boxes]  # fmt: skip
    places += [line.vertices[0] for line in prompts.strokes if line.is_positive]
    places += [line.vertices[0] for line in prompts.polygons if line.is_positive]
    row, column = (round(place) for place in places[-1])
    return tuple(_square(row, column, half, 1 - half / 100) for half in (2, 5, 10))


def _square(row: int, column: int, half: int, quality: float) -> Candidate:
    window = Window(row - half, row + half + 1, column - half, column + half + 1)
    return Candidate(window, PackedMask.of(np.ones(window.shape, dtype=np.bool_)), quality)


@pytest.fixture
def stand_in() -> StandInEngine:
    """An engine that predicts class 1 everywhere."""
    return StandInEngine()


@pytest.fixture
def wetland() -> str:
    """Classes of one's own, as a user writes them; the last one may be continued."""
    return """
name = "wetland"
background = ["other"]

[[classes]]
name = "other"
colour = "#999999"

[[classes]]
name = "reed"
colour = "#e69f00"
definition = "Reed & cattail."
minimum_mapping_unit_m2 = 100
"""
