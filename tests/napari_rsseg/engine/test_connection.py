"""A scheduler elsewhere: what a connection that is cut costs."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.engine import BlockDone, Engine, EngineEvent, PredictionRequest, PredictionStore
from napari_rsseg.engine.local import LocalEngine, LocalSettings
from napari_rsseg.errors import EngineError
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    MakeRequest = Callable[..., PredictionRequest]


class Wire:
    """Forwards TCP connections to a port of this machine, until it is cut."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._is_whole = threading.Event()
        self._is_whole.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, seconds: float) -> None:
        """Close all connections and refuse new ones for a while."""
        self._is_whole.clear()
        for end in self._ends:
            with contextlib.suppress(OSError):  # closed already
                end.shutdown(socket.SHUT_RDWR)
        threading.Timer(seconds, self._is_whole.set).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._server.accept()
            except OSError:
                return
            if not self._is_whole.is_set():
                here.close()
                continue
            there = socket.create_connection(("127.0.0.1", self._target))
            self._ends += [here, there]
            threading.Thread(target=_forward, args=(here, there), daemon=True).start()


def _forward(here: socket.socket, there: socket.socket) -> None:
    other = {here: there, there: here}
    with selectors.DefaultSelector() as ready, here, there:
        ready.register(here, selectors.EVENT_READ)
        ready.register(there, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                end = key.fileobj
                assert isinstance(end, socket.socket)
                try:
                    data = end.recv(1 << 16)
                    if not data:
                        return
                    other[end].sendall(data)
                except OSError:
                    return


@pytest.fixture
def wire() -> Iterator[Wire]:
    elsewhere = LocalEngine(LocalSettings(workers=1, forward_threads=1))
    wire = Wire(int(elsewhere.address.rsplit(":", 1)[1]))
    yield wire
    wire.close()
    elsewhere.close()


@pytest.mark.parametrize("seconds", [1.0, pytest.param(30.0, marks=pytest.mark.slow)])
def test_a_cut_connection_costs_nothing_that_was_done(
    wire: Wire, request_for: MakeRequest, seconds: float
) -> None:
    remote = Engine.start(f"tcp://127.0.0.1:{wire.port}")
    windows: list[Window] = []

    def take(event: EngineEvent) -> None:
        if isinstance(event, BlockDone):
            windows.append(event.window)
            if len(windows) == 1:
                wire.cut(seconds)

    request = request_for()
    try:
        report = remote.predict(request, on_event=take).wait()
    finally:
        remote.close()
    assert report.is_complete
    assert any("connection to the workers was lost" in change for change in report.changes)
    assert len(windows) == len(set(windows)) == 9
    labels = PredictionStore.open(request.store).read_labels(Window.of(request.height, request.width))
    assert set(np.unique(labels)) == {0, 1}


def test_a_local_engine_that_ends_at_once_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))  # an interpreter without its library
    with pytest.raises(EngineError, match=r"did not start \(exit code 1\)\. Run `napari-rsseg doctor`"):
        LocalEngine(LocalSettings())
