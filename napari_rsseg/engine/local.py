"""The engine of one machine: a process with scheduler and nanny, whose child is the worker.

It listens on this machine only and ends with the program that started it. With `cluster` it is all that knows
dask.distributed.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import psutil

from napari_rsseg.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MEMORY_KEPT", "LocalEngine", "LocalSettings", "serve"]

MEMORY_KEPT = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)}
"""Environment in which glibc keeps the memory of one forward pass for the next.

By default each large tensor is new memory, which the system first fills with zeros: half of the CPU time of
the starters. Dask's own setting makes it more.
"""

_LOGGER = logging.getLogger(__name__)
_ALIVE_S = 1.0
_SLOW_START_S = 30.0  # each time this has passed, the wait is told
_THREADS = 3  # one block is read and one packed while a third is in the network


@dataclass(frozen=True)
class LocalSettings:
    """How the local worker runs.

    Attributes
    ----------
    workers : int
        Worker processes.
    forward_threads : int
        CPU cores of a forward pass.
    polite : bool
        Whether other programs, the window first of all, go before the workers.
    """

    workers: int = 1
    forward_threads: int = 1
    polite: bool = False

    @classmethod
    def for_this_machine(cls, *, interactive: bool) -> LocalSettings:
        """Return settings that leave a core to the window, where there are more than two.

        On two cores the worker's lower priority alone keeps the window responsive.
        """
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return cls(forward_threads=cores - 1 if interactive and cores > 2 else cores, polite=interactive)


class LocalEngine:
    """The process with scheduler and nanny.

    Parameters
    ----------
    settings : LocalSettings
        Workers and threads.
    tell : callable
        Receives a sentence each time the start takes another half minute: a busy machine may need several.

    Attributes
    ----------
    address : str
        Of its scheduler.

    Raises
    ------
    EngineError
        When it does not start.
    """

    def __init__(self, settings: LocalSettings, tell: Callable[[str], None] = _LOGGER.warning) -> None:
        self._settings = settings
        code = "from napari_rsseg.engine.local import serve; serve()"
        self._process = subprocess.Popen(  # its standard input is the leash: it ends when that closes
            [sys.executable, "-c", code, json.dumps(asdict(settings))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**MEMORY_KEPT, **os.environ},
            start_new_session=True,  # Ctrl-C in a terminal is for the program that starts it
        )
        try:
            self.address = self._read_address(tell)
        except BaseException:
            self._process.kill()  # closing would wait for the thread that reads its output
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process and its worker."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read_address(self, tell: Callable[[str], None]) -> str:
        """Wait for the process to say where it listens, as long as it lives."""
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        stream = self._process.stdout
        assert stream is not None
        threading.Thread(target=lambda: lines.put(stream.readline()), daemon=True).start()
        started = told = time.monotonic()
        while True:
            try:
                line = lines.get(timeout=_ALIVE_S).strip()
            except queue.Empty:
                if self.is_alive:
                    if time.monotonic() - told > _SLOW_START_S:
                        told = time.monotonic()
                        tell(f"The local engine is still starting after {told - started:.0f} s.")
                    continue
                line = ""
            if line:
                return line
            raise EngineError(
                f"The local engine did not start (exit code {self._process.wait()}).",
                "Run `napari-rsseg doctor` to see what is missing.",
            )


def serve() -> None:
    """Run scheduler, nanny and worker until standard input closes; prints the scheduler's address."""
    from distributed import LocalCluster

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as above, where there are no sessions
    settings = LocalSettings(**json.loads(sys.argv[1]))
    with tempfile.TemporaryDirectory(prefix="rsseg-engine-", ignore_cleanup_errors=True) as folder:
        cluster = LocalCluster(  # type: ignore[no-untyped-call]  # distributed's own
            n_workers=settings.workers,
            threads_per_worker=_THREADS,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # any free port; the default one may be taken, and warns
            worker_dashboard_address=None,
            memory_limit=0,  # the engine bounds its own memory; a paused worker would look hung
            local_directory=folder,
            silence_logs=logging.ERROR,
        )
        sys.stdout.write(cluster.scheduler_address + "\n")
        sys.stdout.flush()
        while sys.stdin.read(1024):
            pass
        for child in psutil.Process().children(recursive=True):
            child.kill()  # nothing in a worker is worth seconds of an orderly end
    os._exit(0)
