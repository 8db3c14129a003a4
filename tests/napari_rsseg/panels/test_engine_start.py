from __future__ import annotations

import threading
from typing import Any

import pytest

from napari_rsseg.errors import EngineError
from napari_rsseg.panels.engine_start import EngineStart

WAIT_S = 30


def test_whoever_waits_gets_the_engine(stand_in: Any) -> None:
    ready: list[Any] = []
    start = EngineStart(lambda: stand_in, on_ready=ready.append, on_failed=ready.append)
    engine: Any = start.wait()
    assert engine is stand_in
    start.close().join(WAIT_S)
    assert ready == [stand_in]
    assert stand_in.closed.is_set()


def test_whoever_waits_gets_the_error_after_it_was_told() -> None:
    told: list[object] = []

    def fail() -> Any:
        raise EngineError("Nothing answers.", "Check the address.")

    start = EngineStart(fail, on_ready=told.append, on_failed=told.append)
    with pytest.raises(EngineError, match="Nothing answers"):
        start.wait()
    assert len(told) == 1


def test_an_engine_closed_before_it_is_up_is_closed_then(stand_in: Any) -> None:
    may_start = threading.Event()
    told: list[object] = []

    def begin() -> Any:
        may_start.wait(WAIT_S)
        return stand_in

    start = EngineStart(begin, on_ready=told.append, on_failed=told.append)
    thread = start.close()
    assert not stand_in.closed.is_set()
    may_start.set()
    thread.join(WAIT_S)
    assert stand_in.closed.is_set()
    assert told == []


def test_an_engine_closed_while_it_is_asked_for_its_device_is_no_failure(stand_in: Any) -> None:
    failures: list[Exception] = []
    asked, closed = threading.Event(), threading.Event()

    def ask(engine: Any) -> None:
        asked.set()
        closed.wait(WAIT_S)
        raise ConnectionError("cancelled")

    start = EngineStart(lambda: stand_in, on_ready=ask, on_failed=failures.append)
    assert asked.wait(WAIT_S)
    thread = start.close()
    closed.set()
    thread.join(WAIT_S)
    start._thread.join(WAIT_S)
    assert failures == []
