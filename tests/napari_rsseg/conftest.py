"""What panels and docks share: classes of one's own, and a stand-in for the engine with real stores."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
from napari_rsseg.engine.results import BlockResult, PredictionStore, StoreLayout
from napari_rsseg.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.engine.request import PredictionRequest
    from napari_rsseg.scenes.windows import Window

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
    """

    predicted_id: int = 1
    blocks_before_hold: int | None = None
    fails_at: set[Window] = field(default_factory=set)
    breaks_down: bool = False
    is_held: threading.Event = field(default_factory=threading.Event)
    may_go_on: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)
    jobs: list[StandInJob] = field(default_factory=list)

    def device(self) -> DeviceInfo:
        return DeviceInfo("Stand-in", "cpu", 4 * 2**30, "float32")

    def predict(self, request: PredictionRequest, *, on_event: Callable[[EngineEvent], None]) -> StandInJob:
        self.jobs.append(StandInJob(self, request, on_event))
        return self.jobs[-1]

    def close(self) -> None:
        self.may_go_on.set()
        self.closed.set()


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
