"""Workers and schedulers that are halted, as on a machine that hangs: cancelling does not wait for them."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import psutil
import pytest

from napari_rsseg.engine import BlockDone, Engine, EngineEvent, PredictionRequest, PredictionStore
from napari_rsseg.engine.local import LocalSettings
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.engine.job import PredictionJob

MakeRequest = Callable[..., PredictionRequest]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be halted there")


@pytest.fixture(scope="module")
def own_engine() -> Iterator[Engine]:
    engine = Engine.start(settings=LocalSettings(workers=1, forward_threads=1))
    yield engine
    engine.close()


@pytest.fixture
def hanging(own_engine: Engine, request_for: MakeRequest) -> Engine:
    """An engine that tests may halt; its worker has loaded the model."""
    own_engine.prepare(request_for())
    return own_engine


def scheduler_of(engine: Engine) -> psutil.Process:
    assert engine._local is not None
    return psutil.Process(engine._local.pid)


def worker_of(engine: Engine) -> psutil.Process:
    children = scheduler_of(engine).children(recursive=True)
    return next(child for child in children if "spawn_main" in " ".join(child.cmdline()))


@contextlib.contextmanager
def halted(process: psutil.Process) -> Iterator[psutil.Process]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield process
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)


def ignore(_: EngineEvent) -> None:
    pass


class Halting:
    """Halts a process at the first block of a run, when others are under way, and cancels the run there."""

    def __init__(self, engine: Engine, request: PredictionRequest, process: psutil.Process) -> None:
        self.blocks: list[Window] = []
        self._process = process
        self.job: PredictionJob = engine.predict(request, on_event=self._take)

    def _take(self, event: EngineEvent) -> None:
        if type(event) is BlockDone:
            self.blocks.append(event.window)
            self._process.send_signal(signal.SIGSTOP)
            self.job.cancel()

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)


def labels_of(request: PredictionRequest) -> npt.NDArray[np.uint8]:
    return PredictionStore.open(request.store).read_labels(Window.of(request.height, request.width))


@pytest.mark.parametrize("find", [worker_of, scheduler_of], ids=["worker", "scheduler"])
def test_a_run_ends_when_it_is_cancelled_although_nobody_answers(
    hanging: Engine, request_for: MakeRequest, find: Callable[[Engine], psutil.Process]
) -> None:
    with halted(find(hanging)):
        job = hanging.predict(request_for(), on_event=ignore)
        job.cancel()
        report = job.wait()
    assert report.cancelled
    assert report.done == ()
    assert hanging.predict(request_for(), on_event=ignore).wait().is_complete


@pytest.mark.parametrize("find", [worker_of, scheduler_of], ids=["worker", "scheduler"])
def test_what_a_halted_process_delivers_late_is_dropped(
    hanging: Engine,
    request_for: MakeRequest,
    whole: npt.NDArray[np.uint8],
    find: Callable[[Engine], psutil.Process],
) -> None:
    request, arrived = request_for(), list[EngineEvent]()
    first = Halting(hanging, request, find(hanging))
    assert first.job.wait().cancelled
    second = hanging.predict(request, on_event=arrived.append)
    first.go_on()
    assert second.wait().is_complete
    assert len(first.blocks) == 1
    windows = [event.window for event in arrived if type(event) is BlockDone]
    assert len({*windows, *first.blocks}) == len(windows) + 1 == 9
    np.testing.assert_array_equal(labels_of(request), whole)


def test_a_halted_worker_that_is_killed_is_replaced_and_the_next_run_finishes(
    hanging: Engine, request_for: MakeRequest, whole: npt.NDArray[np.uint8]
) -> None:
    request, worker = request_for(), worker_of(hanging)
    first = Halting(hanging, request, worker)
    assert first.job.wait().cancelled
    second = hanging.predict(request, on_event=ignore)
    worker.kill()
    assert second.wait().is_complete
    assert worker_of(hanging).pid != worker.pid
    np.testing.assert_array_equal(labels_of(request), whole)


def test_a_worker_that_was_halted_does_not_finish_what_was_called_off(
    hanging: Engine, request_for: MakeRequest
) -> None:
    first = Halting(hanging, request_for(tta=True), worker_of(hanging))
    first.job.wait()
    first.go_on()
    while _in_worker(hanging, _under_way):
        time.sleep(0.1)
    assert _in_worker(hanging, partial(_finished, first.job.name)) <= 2  # of four that were asked for


def _in_worker(engine: Engine, question: Callable[..., int]) -> int:
    (answer,) = engine._client.run(question).values()
    return cast("int", answer)


def _under_way(dask_worker: Any) -> int:
    return len(dask_worker.state.tasks)


def _finished(job: str, dask_worker: Any) -> int:
    return sum(key[0] == job for key in dask_worker.plugins["napari-rsseg"].room()._answers)
