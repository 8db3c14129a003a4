"""The life of one run: begun, followed on a thread of its own, cancelled, concluded."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from psygnal import EmitLoopError

from napari_rsseg.engine.events import BlockDone, Changed, EngineEvent, Progress
from napari_rsseg.panels.faults import describe_fault
from napari_rsseg.panels.outcome import areas_of, describe_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.panels.run import Run, SegmentationEngine
    from napari_rsseg.panels.segment import SegmentPanel
    from napari_rsseg.scenes.windows import Window

__all__ = ["RunControl"]


class RunControl:
    """Begins runs, and writes what becomes of them into the fields of a panel.

    Parameters
    ----------
    panel : SegmentPanel
        Whose progress, message, state and areas are kept up to date.
    """

    def __init__(self, panel: SegmentPanel) -> None:
        self._panel = panel
        self._run: Run | None = None

    def begin(self, run: Run, wait_for_engine: Callable[[], SegmentationEngine]) -> None:
        """Let the layers be made, then predict on a thread; returns at once."""
        panel = self._panel
        try:
            panel.run_prepared.emit(run)
        except EmitLoopError as error:  # the layers could not be made: nothing was begun
            panel.message = describe_fault(error.__cause__ or error)
            return
        self._run, panel.run_state, panel.resumable, panel.areas = run, "running", False, ()
        panel.done, panel.total, panel.pixels_per_second, panel.eta_s = 0, 0, 0.0, None
        panel.message = "" if panel.engine_state == "ready" else "Waiting for the engine to start."
        threading.Thread(
            target=self._work, args=(run, wait_for_engine), name="rsseg-run", daemon=True
        ).start()

    def cancel(self) -> None:
        """Stop the run, if there is one; returns at once."""
        if self._run is not None:
            self._run.cancel()

    def look_at(self, view: Window) -> None:
        """Predict what is in view first."""
        if self._run is not None:
            self._run.look_at(view)

    def _work(self, run: Run, wait_for_engine: Callable[[], SegmentationEngine]) -> None:
        panel = self._panel
        try:
            run.execute(wait_for_engine(), lambda event: self._take(run, event))
            self._conclude(run)
        except Exception as error:  # noqa: BLE001 - the last door before the thread ends; logged by describe_fault
            panel.message = describe_fault(error)
            panel.resumable = panel.done > 0
        panel.run_finished.emit(run)
        self._run, panel.run_state = None, "idle"

    def _take(self, run: Run, event: EngineEvent) -> None:
        panel = self._panel
        if isinstance(event, BlockDone):
            panel.block_written.emit(run, event.window)
        elif isinstance(event, Progress):
            panel.done, panel.total = event.done, event.total
            panel.pixels_per_second, panel.eta_s = event.pixels_per_second, event.eta_s
        elif isinstance(event, Changed):
            panel.message = event.message

    def _conclude(self, run: Run) -> None:
        """Say what came of a run."""
        panel, report = self._panel, run.report
        assert report is not None
        panel.done, panel.total = len(report.done), len(report.done) + len(report.missing)
        panel.eta_s, panel.pixels_per_second = None, report.pixels_per_second
        panel.resumable = not report.is_complete
        panel.message = describe_report(report)
        panel.areas = areas_of(run)
