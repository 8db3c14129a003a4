"""One running prediction: which block is next, what came back, what is written."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_rsseg.engine.aside import Cancellation, Cancelled
from napari_rsseg.engine.events import (
    BlockDone,
    BlockFailed,
    Changed,
    EngineEvent,
    OverviewDone,
    PartReady,
    PredictionReport,
    Progress,
)  # fmt: skip
from napari_rsseg.engine.rasters import Raster, open_rasters, open_unchanged
from napari_rsseg.engine.tasks import Made, NeedsPixels, NeedsWeights, Refused, Stopped
from napari_rsseg.engine.tiling import by_distance
from napari_rsseg.errors import EngineError, RssegError

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.engine.locking import StoreLock
    from napari_rsseg.engine.request import PredictionRequest
    from napari_rsseg.engine.tasks import Answer, BlockTask
    from napari_rsseg.engine.workers import Lost, ReadAnswer, Workers
    from napari_rsseg.scenes.windows import Window

__all__ = ["PredictionJob"]

_LOGGER = logging.getLogger(__name__)
_MOST_UPLOADS = 5  # workers that came later need them as well
_FAILURES_IN_A_ROW = 25  # then the rest would fail as well
_KEYS_S = 0.2  # a thread that waits forever hears no Ctrl-C on some systems


@dataclass(frozen=True)
class _Attempt:
    """A block under way; an answer to an earlier attempt at it is none to this one."""

    number: int
    call_off: Callable[[], None]


@dataclass(frozen=True)
class _Place:
    """A block of one of the rasters of a job."""

    raster: Raster
    block: tuple[int, int]
    is_streamed: bool = False
    part: Window | None = None  # of the block, asked for ahead of the whole: shown, never stored

    @property
    def window(self) -> Window:
        return self.part or self.raster.store.grid.window(self.block)


class PredictionJob:
    """A prediction under way; made by ``Engine.predict``.

    Parameters
    ----------
    request : PredictionRequest
        What to predict.
    workers : Workers
        Who predicts.
    lock : StoreLock
        The right to write the store; released at the end.
    on_event : callable
        Receives the events on the job's thread.
    """

    def __init__(
        self,
        request: PredictionRequest,
        workers: Workers,
        lock: StoreLock,
        on_event: Callable[[EngineEvent], None],
    ) -> None:
        self.request = request
        self.name = uuid.uuid4().hex[:12]
        self._workers = workers
        self._lock = lock
        self._on_event = on_event
        self._rasters = open_rasters(request)
        self._main = self._rasters[-1]
        self._view = request.view
        self._waiting: list[_Place] = []
        self._running: dict[_Place, _Attempt] = {}
        self._attempts = 0
        self._answers: queue.SimpleQueue[tuple[_Place, int, ReadAnswer] | None] = queue.SimpleQueue()
        self._cancelled = Cancellation()
        self._view_moved = threading.Event()
        self._failed: list[BlockFailed] = []
        self._row_of_failures = 0
        self._losses = 0
        self._changes: list[str] = []
        self._made: list[_Place] = []
        self._made_px = 0
        self._group_side: int | None = None
        self._uploads = self._uploaded_after = 0
        self._device = self._precision = ""
        self._started = time.monotonic()
        self._report: PredictionReport | None = None
        self._error: RssegError | None = None
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"prediction-{self.name}", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether blocks may still arrive."""
        return self._thread.ident is not None and not self._has_ended.is_set()

    def start(self) -> None:
        """Begin; called by the engine."""
        self._thread.start()

    def cancel(self) -> None:
        """Stop; returns at once, and no block arrives any more once `wait` has returned."""
        self._cancelled.say()
        self._answers.put(None)

    def set_view(self, window: Window) -> None:
        """Predict what the user looks at now first; returns at once."""
        self._view = window
        self._view_moved.set()
        self._answers.put(None)

    def join(self) -> None:
        """Wait for the end, whatever it is."""
        # not Thread.join: interrupted by Ctrl-C it takes the thread for ended (Python 3.11)
        while not self._has_ended.wait(_KEYS_S):
            pass

    def wait(self) -> PredictionReport:
        """Wait for the end and return what came of it; interrupted by Ctrl-C it may be called again.

        Raises
        ------
        RssegError
            When nothing more could be predicted: wrong weights, full disk, no workers.
        """
        self.join()
        if self._error is not None:
            raise self._error
        assert self._report is not None  # set by the thread
        return self._report

    def _run(self) -> None:
        try:
            self._rasters_to_wait()
            try:
                with contextlib.suppress(Cancelled):
                    self._work()
            finally:
                self._require_unchanged()
            self._report = self._conclude()
        except RssegError as error:
            self._error = error
        except Exception as error:
            _LOGGER.exception("prediction %s of %s failed", self.name, self.request.scene.uri)
            self._error = EngineError(
                f"The prediction stopped ({type(error).__name__}: {error}).",
                "Segment again to go on; if it happens again, report it with the log.",
            )
        finally:
            self._end()

    def _work(self) -> None:
        self._send_first_part()
        while (self._waiting or self._running) and not self._cancelled.is_said:
            self._submit()
            self._take(self._answers.get())

    def _end(self) -> None:
        try:
            for attempt in self._running.values():
                attempt.call_off()
            for raster in self._rasters:
                raster.close()
        finally:
            self._lock.release()
            self._has_ended.set()

    def _require_unchanged(self) -> None:
        """Take back what this run made where the scene has become another one meanwhile."""
        if not self._made:
            return
        try:
            open_unchanged(self.request).close()
        except EngineError:
            for place in self._made:
                place.raster.store.forget(place.block)
            raise

    def _rasters_to_wait(self) -> None:
        for raster in self._rasters:
            for block in raster.store.missing_blocks(raster.scaled(self.request.region)):
                self._waiting.append(_Place(raster, block))
        self._order()
        self._tell_progress()

    def _order(self) -> None:
        """Put the coarse pass first, and then what lies nearest to the view."""
        waiting: list[_Place] = []
        for raster in self._rasters:
            places = {place.block: place for place in self._waiting if place.raster is raster}
            view = raster.scaled(self._view or self.request.region)
            waiting += [places[block] for block in by_distance(places, raster.store.grid.side, view)]
        self._waiting = waiting

    def _submit(self) -> None:
        if self._view_moved.is_set():
            self._view_moved.clear()
            self._order()
        while self._waiting and len(self._running) < self._workers.capacity:
            place = self._waiting.pop(0)
            try:
                self._send(place)
            except RssegError as error:
                self._fail(place, error.found, error.remedy)

    def _send(self, place: _Place) -> None:
        task = self._task(place)
        self._attempts += 1
        number = self._attempts

        def deliver(read: ReadAnswer) -> None:
            self._answers.put((place, number, read))

        self._running[place] = _Attempt(number, self._workers.submit(task, deliver))

    def _send_first_part(self) -> None:
        """Ask for what one tile shows of the view: the first labels come a few tiles sooner."""
        view = self.request.view
        place = next((place for place in self._waiting if place.raster is self._main), None)
        if view is None or place is None:
            return
        part = self._main.first_part(place.block, view)
        if part is not None:
            self._send(replace(place, part=part))

    def _task(self, place: _Place) -> BlockTask:
        streamed = self._group_side if place.is_streamed or self._group_side is not None else None
        return place.raster.task(self.name, place.window, rank=self._attempts, group_side=streamed)

    def _take(self, item: tuple[_Place, int, ReadAnswer] | None) -> None:
        if item is None or self._cancelled.is_said:
            return
        place, number, read = item
        attempt = self._running.get(place)
        if attempt is None or attempt.number != number:
            return
        answer = read()
        del self._running[place]
        if place.part is None:
            self._answered(place, number, answer)
        elif isinstance(answer, Made):  # whatever else it is, the whole block gets the same answer
            result = answer.result.unpacked()
            self._on_event(PartReady(place.part, result.labels, result.confidence))

    def _answered(self, place: _Place, number: int, answer: Answer | Lost) -> None:
        if isinstance(answer, Made):
            self._keep(place, answer)
        elif isinstance(answer, NeedsPixels):
            if self._group_side is None:
                self._say("The workers cannot open the scene; its pixels are sent to them.")
            self._group_side = answer.group_side
            self._waiting.insert(0, replace(place, is_streamed=True))
        elif isinstance(answer, NeedsWeights):
            self._upload(number)
            self._waiting.insert(0, place)
        elif isinstance(answer, Refused):
            if answer.is_final:
                raise EngineError(answer.found, answer.remedy)
            self._fail(place, answer.found, answer.remedy)
        elif isinstance(answer, Stopped):
            self._waiting.insert(0, place)
        else:
            self._recover(place)

    def _keep(self, place: _Place, made: Made) -> None:
        result = made.result.unpacked()
        place.raster.store.write_block(place.block, result)
        self._made.append(place)
        self._row_of_failures = self._losses = 0
        self._device, self._precision = made.device.name, made.device.precision
        for message in made.changes:
            if message not in self._changes:
                self._say(message)
        if place.raster is self._main:
            self._made_px += place.window.height * place.window.width
            self._on_event(BlockDone(place.window, result.labels, result.confidence))
            self._tell_progress()
        elif not any(waiting.raster is place.raster for waiting in (*self._waiting, *self._running)):
            self._on_event(OverviewDone())

    def _fail(self, place: _Place, found: str, remedy: str) -> None:
        _LOGGER.warning("block %s of %s failed: %s", place.window, self.request.scene.uri, found)
        if place.raster is not self._main:
            return
        failed = BlockFailed(place.window, found, remedy)
        self._failed.append(failed)
        self._on_event(failed)
        self._row_of_failures += 1
        if self._row_of_failures >= _FAILURES_IN_A_ROW:
            raise EngineError(f"{_FAILURES_IN_A_ROW} blocks in a row failed, the last one: {found}", remedy)

    def _upload(self, attempt: int) -> None:
        if attempt <= self._uploaded_after:  # asked before the weights were there
            return
        if self._uploads == _MOST_UPLOADS:
            raise EngineError(
                "The workers do not keep the model's weights.",
                "Check the free space of their temporary folders.",
            )
        self._say("The workers cannot open the model's weights; they are sent to them.")
        try:
            self._cancelled.unless_said(
                lambda: self._workers.upload_weights(self.request.weights, self.request.card.sha256)
            )
        except OSError as error:
            raise EngineError(
                f"The weights {self.request.weights} cannot be sent to the workers ({error}).",
                "Check that the file exists, and the connection.",
            ) from None
        self._uploads += 1
        self._uploaded_after = self._attempts

    def _recover(self, place: _Place) -> None:
        """Take back all blocks under way after a loss, and wait for workers."""
        running = [place for place in self._running if place.part is None]
        self._waiting = [place, *running, *self._waiting]
        for attempt in self._running.values():
            attempt.call_off()
        self._running.clear()
        self._losses += 1
        self._cancelled.wait(min(0.2 * self._losses, 5.0))
        self._say(
            self._cancelled.unless_said(lambda: self._workers.reconnect(lambda: self._cancelled.is_said))
        )

    def _say(self, message: str) -> None:
        self._changes.append(message)
        self._on_event(Changed(message))

    def _tell_progress(self) -> None:
        store = self._main.store
        region = self.request.region
        done, missing = len(store.done_blocks(region)), store.missing_blocks(region)
        speed = self._made_px / max(time.monotonic() - self._started, 1e-6)
        left_px = sum(window.height * window.width for window in map(store.grid.window, missing))
        self._on_event(Progress(done, done + len(missing), speed, left_px / speed if self._made_px else None))

    def _conclude(self) -> PredictionReport:
        store, region = self._main.store, self.request.region
        seconds = time.monotonic() - self._started
        if self._device:
            earlier = store.facts.get("changes", [])
            store.record(
                device=self._device, precision=self._precision,
                changes=[*earlier, *(message for message in self._changes if message not in earlier)],
            )  # fmt: skip
        return PredictionReport(
            done=tuple(map(store.grid.window, store.done_blocks(region))),
            missing=tuple(map(store.grid.window, store.missing_blocks(region))),
            failed=tuple(self._failed),
            cancelled=self._cancelled.is_said,
            changes=tuple(self._changes),
            seconds=seconds,
            pixels_per_second=self._made_px / seconds,
            device=self._device,
            precision=self._precision,
        )
