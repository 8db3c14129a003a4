"""The engine as the rest of the program sees it.

With `local` and `worker_calls` it is all that knows dask.distributed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import threading
import time
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import dask
from distributed import Client, KilledWorker
from distributed.client import ClosedClientError
from distributed.comm.core import CommClosedError

from napari_rsseg.engine.aside import settle
from napari_rsseg.engine.job import PredictionJob
from napari_rsseg.engine.local import LocalEngine, LocalSettings
from napari_rsseg.engine.locking import StoreLock
from napari_rsseg.engine.prompting.calls import ask_aside
from napari_rsseg.engine.prompting.prepared_views import view_key
from napari_rsseg.engine.tasks import Answer, BlockTask, NeedsWeights, Refused, model_task
from napari_rsseg.engine.worker_calls import (
    RoomPlugin,
    call_off_prompt,
    describe,
    keep_weights,
    predict,
    prepare,
    prompt,
    window_features,
)  # fmt: skip
from napari_rsseg.engine.workers import Lost
from napari_rsseg.errors import EngineError, RssegError
from napari_rsseg.settings import path_mapping

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.engine.events import DeviceInfo, EngineEvent
    from napari_rsseg.engine.feature_task import FeatureTask
    from napari_rsseg.engine.prompting.prompts import PromptAnswer, Prompts, Proposals, ViewReady
    from napari_rsseg.engine.prompting.tasks import PromptReply, PromptTask
    from napari_rsseg.engine.prompting.view import PromptView
    from napari_rsseg.engine.request import DeviceChoice, PathMapping, PredictionRequest
    from napari_rsseg.engine.workers import ReadAnswer

__all__ = ["Engine"]

_LOGGER = logging.getLogger(__name__)
_CONNECT_S = 10.0
_LOCAL_CONNECT_S = 120.0  # it is there, however busy the machine
_PATIENCE_S = 300.0  # how long a cut connection is waited for
_WORKERS_S = 120.0
_COUNT_S = 5.0  # workers of a cluster come and go
_UPLOAD_BYTES = 16 << 20
_DISCONNECTED = (OSError, CommClosedError, ClosedClientError, asyncio.CancelledError, TimeoutError)


class Engine:
    """Workers, local or remote; made by `Engine.start`.

    Safe to use from several threads; all methods may block except those of the jobs.
    """

    def __init__(self, scheduler: str | None, settings: LocalSettings, tell: Callable[[str], None]) -> None:
        self._scheduler = scheduler
        self._settings = settings
        self._tell = tell
        self._local: LocalEngine | None = None
        self._lock = threading.Lock()
        self._is_closed = False
        self._jobs: list[PredictionJob] = []
        self._counter = itertools.count()
        self._counted = time.monotonic()
        self._client: Any = self._connect()  # distributed publishes half of its types

    @classmethod
    def start(
        cls,
        scheduler: str | None = None,
        *,
        interactive: bool = True,
        settings: LocalSettings | None = None,
        tell: Callable[[str], None] = _LOGGER.warning,
    ) -> Engine:
        """Start a local worker process, or connect to a scheduler; blocks for seconds.

        Parameters
        ----------
        scheduler : str, optional
            ``tcp://host:port`` or ``tls://host:port`` (dask's configuration names the certificates);
            default: this machine.
        interactive : bool
            Leave a CPU core to the window.
        settings : LocalSettings, optional
            Of the local worker; default: fit for this machine.
        tell : callable
            Receives a sentence now and then while a local start takes long.

        Raises
        ------
        EngineError
            When nothing answers there, or it has no workers.
        """
        return cls(scheduler, settings or LocalSettings.for_this_machine(interactive=interactive), tell)

    def device(self, choice: DeviceChoice = "auto") -> DeviceInfo:
        """Return what predictions run on; also loads torch in the worker.

        Raises
        ------
        EngineError
            When the worker has no such device, or does not answer.
        """
        return cast("DeviceInfo", self._ask(describe, choice))

    def prepare(self, request: PredictionRequest) -> None:
        """Load the model of a request in the worker, so that its first block comes sooner.

        Raises
        ------
        RssegError
            When the model cannot be loaded.
        """
        answer = self._ask(prepare, model_task(request))
        if isinstance(answer, Refused):
            raise EngineError(answer.found, answer.remedy)

    def predict(
        self, request: PredictionRequest, *, on_event: Callable[[EngineEvent], None]
    ) -> PredictionJob:
        """Start predicting what is missing of a request's region.

        Parameters
        ----------
        request : PredictionRequest
            What to predict.
        on_event : callable
            Called with each event on a thread of the job; must not raise.

        Returns
        -------
        PredictionJob
            Already running.

        Raises
        ------
        EngineError
            When this result is being written by another run, or something else lies in its place.
        OutputError
            When the store cannot be written.
        """
        if self._scheduler is not None and not request.path_mapping:
            request = replace(request, path_mapping=path_mapping())
        lock = StoreLock(request.store)
        try:
            job = PredictionJob(request, self, lock, on_event)
        except BaseException:
            lock.release()
            raise
        self._jobs = [running for running in self._jobs if running.is_running] + [job]
        job.start()
        return job

    def prepare_view(self, view: PromptView) -> Future[ViewReady]:
        """Compute all that clicks in a view need, in the background; blocks nobody and may be cancelled.

        Clicks may come meanwhile, and wait for it. It goes before the blocks of a prediction.
        """
        return ask_aside(self, "prepare", view, path_mapping=self._path_mapping)

    def segment_prompts(self, view: PromptView, prompts: Prompts) -> Future[PromptAnswer]:
        """Find the object that prompts point at; blocks nobody and may be cancelled.

        The future raises `RssegError` where the prompts say nothing, or scene or model cannot be read.
        """
        return ask_aside(self, "segment", view, prompts, path_mapping=self._path_mapping)

    def propose(self, view: PromptView) -> Future[Proposals]:
        """Find everything in a view; blocks nobody and may be cancelled."""
        return ask_aside(self, "propose", view, path_mapping=self._path_mapping)

    def window_features(self, task: FeatureTask) -> npt.NDArray[np.float16]:
        """Return what a model's encoder sees in each window's cells, (N, cells, D); waits for it.

        Raises
        ------
        RssegError
            When the model cannot be loaded or the scene not be read where the worker runs.
        """
        task = task.as_workers_see(self._path_mapping)
        answer = self._ask(window_features, task)
        if isinstance(answer, NeedsWeights):
            card, weights = task.model
            self.upload_weights(weights, card.sha256)
            answer = self._ask(window_features, task)
        if isinstance(answer, Refused):
            raise EngineError(answer.found, answer.remedy)
        return cast("npt.NDArray[np.float16]", answer.unpacked())

    def close(self) -> None:
        """Cancel all jobs and end the local worker."""
        self._is_closed = True
        for job in self._jobs:
            job.cancel()
        for job in self._jobs:
            job.join()
        with contextlib.suppress(*_DISCONNECTED):
            self._client.close(timeout=2)
        if self._local is not None:
            self._local.close()

    # what jobs use

    @property
    def capacity(self) -> int:
        """How many blocks may be under way at once: all threads busy, and one more for each worker."""
        if time.monotonic() - self._counted > _COUNT_S and self._is_connected:
            self._counted = time.monotonic()
            self._client.loop.add_callback(self._count, self._client)  # a scheduler may take its time
        return self._capacity

    async def _count(self, client: Any) -> None:
        with contextlib.suppress(*_DISCONNECTED):
            self._capacity = _capacity(await client.nthreads())

    def submit(self, task: BlockTask, on_answer: Callable[[ReadAnswer], None]) -> Callable[[], None]:
        """Send a block to a worker; the answer comes on another thread. Returns what calls it off."""
        name = f"rsseg-{task.job}-{next(self._counter)}"
        try:
            with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GiB"}):
                future = self._client.submit(predict, task, key=name, pure=False)
        except _DISCONNECTED:
            on_answer(Lost)
            return lambda: None

        def fetch(done: Any) -> None:
            answer: Future[Answer | Lost] = Future()
            settle(answer, lambda: _answer(done))
            on_answer(answer.result)

        def call_off() -> None:
            with contextlib.suppress(*_DISCONNECTED):  # who cannot be told has lost the block already
                future.cancel()

        future.add_done_callback(fetch)
        return call_off

    def ask_prompt(self, task: PromptTask) -> PromptReply | Lost:
        """Ask the worker that holds a view, always the same one while it lives; waits for its answer."""
        try:
            workers = sorted(self._client.nthreads())
            worker = workers[int(view_key(task.view), 16) % len(workers)]
            return cast("PromptReply", self._client.run(prompt, task, workers=[worker])[worker])
        except (*_DISCONNECTED, ZeroDivisionError):  # or all workers are gone
            return Lost()

    def call_off_prompt(self, name: str) -> None:
        """Tell the workers that a question is no longer wanted; who cannot be told has lost it already."""
        with contextlib.suppress(*_DISCONNECTED):
            self._client.run(call_off_prompt, name)

    def upload_weights(self, path: Path, sha256: str) -> None:
        """Send a weight file to all workers.

        Raises
        ------
        OSError
            When it cannot be read, or the connection is cut.
        """
        with path.open("rb") as stream:
            offset, size = 0, path.stat().st_size
            while part := stream.read(_UPLOAD_BYTES):
                self._client.run(keep_weights, sha256, part, offset, size)
                offset += len(part)

    def reconnect(self, is_given_up: Callable[[], bool]) -> str:
        """Wait until workers answer again, starting the local ones anew; return what happened.

        Raises
        ------
        EngineError
            When nothing answered for minutes, or the caller gave up.
        """
        deadline = time.monotonic() + _PATIENCE_S
        with self._lock:
            while not (self._is_closed or is_given_up()):
                if self._is_connected and (self._local is None or self._local.is_alive):
                    return "The connection to the workers was lost and is back."
                try:
                    restarted = self._local is not None and not self._local.is_alive
                    with contextlib.suppress(*_DISCONNECTED):
                        self._client.close(timeout=0)
                    self._client = self._connect()
                except (EngineError, *_DISCONNECTED):
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.5)
                    continue
                if restarted:
                    return "The local engine had ended and was started again."
                return "The connection to the workers was lost and is back."
        raise EngineError("The engine was closed.", "Segment again to go on.")

    @property
    def _path_mapping(self) -> PathMapping:
        return () if self._scheduler is None else path_mapping()

    @property
    def _is_connected(self) -> bool:
        return bool(self._client.status == "running")

    def _connect(self) -> Any:
        if self._scheduler is None:
            if self._local is None or not self._local.is_alive:
                if self._local is not None:
                    self._local.close()
                self._local = LocalEngine(self._settings, self._tell)
            address, patience = self._local.address, _LOCAL_CONNECT_S
            plugin = RoomPlugin(self._settings.forward_threads, polite=self._settings.polite)
        else:  # its owner decides how many cores it may use, and at which priority
            address, patience = self._scheduler, _CONNECT_S
            plugin = RoomPlugin(None, polite=False)
        try:
            client: Any = Client(address, timeout=patience, set_as_default=False, name="napari-rsseg")  # type: ignore[no-untyped-call]
        except (OSError, ValueError, TypeError) as error:
            raise EngineError(
                f"No scheduler answers at {address} ({error}).",
                "Check the address, and that `dask scheduler` runs there and may be reached from here.",
            ) from None
        try:
            client.wait_for_workers(1, timeout=_WORKERS_S)
            client.register_plugin(plugin)
            self._capacity = _capacity(client.nthreads())
        except TimeoutError:
            client.close()
            raise EngineError(
                f"The scheduler at {address} has no workers.", f"Start one with `dask worker {address}`."
            ) from None
        except ImportError as error:
            client.close()
            raise EngineError(
                f"The workers at {address} cannot run napari-rsseg ({error}).",
                "Install the same version of napari-rsseg there.",
            ) from None
        return client

    def _ask(self, question: Callable[..., Any], *arguments: object) -> Any:
        try:
            return self._client.submit(question, *arguments, pure=False).result()
        except RssegError:
            raise
        except (*_DISCONNECTED, KilledWorker) as error:
            raise EngineError(
                f"The engine's worker did not answer ({type(error).__name__}).",
                "Try again; the worker is started anew.",
            ) from None


def _capacity(threads: dict[str, int]) -> int:
    return max(2, sum(threads.values()) + len(threads))


def _answer(future: Any) -> Answer | Lost:
    if future.status == "finished":
        try:
            return cast("Answer", future.result(timeout=_CONNECT_S))
        except _DISCONNECTED:
            return Lost()
    if future.status != "error":
        return Lost()
    try:
        error = future.exception(timeout=_CONNECT_S)
    except _DISCONNECTED:
        return Lost()
    if isinstance(error, KilledWorker):
        return Refused(
            "The worker process was killed each time it predicted this block.",
            "It probably needed more memory than there is: close other programs or choose a smaller model.",
            is_final=False,
        )
    return Refused(
        f"The worker failed ({type(error).__name__}: {error}).",
        "Install the same version of napari-rsseg on all workers.",
        is_final=True,
    )
