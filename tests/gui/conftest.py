"""One real engine for all windows of a run, and the loop's longest gap."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import QTimer

from napari_rsseg.docks import RssegDock
from napari_rsseg.engine import Engine
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.viewer.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.engine.events import DeviceInfo, EngineEvent
    from napari_rsseg.engine.feature_task import FeatureTask
    from napari_rsseg.engine.job import PredictionJob
    from napari_rsseg.engine.prompting.prompts import PromptAnswer, Prompts, Proposals, ViewReady
    from napari_rsseg.engine.prompting.view import PromptView
    from napari_rsseg.engine.request import PredictionRequest

TICK_MS = 10


@dataclass
class KeptEngine:
    """The real engine, which outlives the windows of a run.

    Attributes
    ----------
    prompt_seconds : list of float
        What the worker took for each answer to prompts.
    """

    engine: Engine
    prompt_seconds: list[float] = field(default_factory=list)

    def device(self) -> DeviceInfo:
        return self.engine.device()

    def predict(
        self, request: PredictionRequest, *, on_event: Callable[[EngineEvent], None]
    ) -> PredictionJob:
        return self.engine.predict(request, on_event=on_event)

    def prepare_view(self, view: PromptView) -> Future[ViewReady]:
        return self.engine.prepare_view(view)

    def segment_prompts(self, view: PromptView, prompts: Prompts) -> Future[PromptAnswer]:
        future = self.engine.segment_prompts(view, prompts)
        future.add_done_callback(self._note)
        return future

    def _note(self, future: Future[PromptAnswer]) -> None:
        if not future.cancelled() and future.exception() is None:
            self.prompt_seconds.append(future.result().seconds)

    def propose(self, view: PromptView) -> Future[Proposals]:
        return self.engine.propose(view)

    def window_features(self, task: FeatureTask) -> npt.NDArray[np.float16]:
        return self.engine.window_features(task)

    def close(self) -> None:
        """Leave it to the next window."""


@dataclass
class GapMeter:
    """Longest time between two turns of the event loop, by what was going on.

    With the processor time of the main thread in it: the rest went to other threads and programs.
    """

    longest_s: dict[str, tuple[float, float]] = field(default_factory=dict)
    phase: str = "start"
    _last: float = field(default_factory=time.perf_counter)
    _used: float = field(default_factory=time.thread_time)

    def enter(self, phase: str) -> None:
        self.phase, self._last, self._used = phase, time.perf_counter(), time.thread_time()

    def tick(self) -> None:
        now, used = time.perf_counter(), time.thread_time()
        gap = (now - self._last, used - self._used)
        self.longest_s[self.phase] = max(self.longest_s.get(self.phase, (0.0, 0.0)), gap)
        self._last, self._used = now, used


@pytest.fixture(scope="session")
def kept_engine() -> Iterator[KeptEngine]:
    engine = Engine.start()
    yield KeptEngine(engine)
    engine.close()


@pytest.fixture
def gaps(qtbot: Any, capsys: pytest.CaptureFixture[str]) -> Iterator[GapMeter]:
    """Measures from here on; the figures are printed, never judged: this machine may be busy."""
    meter, timer = GapMeter(), QTimer()
    timer.setInterval(TICK_MS)
    timer.timeout.connect(meter.tick)
    timer.start()
    yield meter
    timer.stop()
    with capsys.disabled():
        told = ", ".join(
            f"{phase} {wall * 1000:.0f} ms ({own * 1000:.0f} own)"
            for phase, (wall, own) in meter.longest_s.items()
        )
        sys.stdout.write(f"\nlongest gap of the event loop, and the main thread's own share: {told}\n")


@pytest.fixture
def dock(make_napari_viewer_proxy: Callable[[], Any], kept_engine: KeptEngine, tmp_path: Path) -> RssegDock:
    viewer = make_napari_viewer_proxy()
    panel = SegmentPanel(lambda scheduler: kept_engine, tmp_path / "predictions")
    made = RssegDock(viewer, Workbench(viewer.__wrapped__, panel))
    viewer.window.add_dock_widget(made, name="Map classes")
    return made
