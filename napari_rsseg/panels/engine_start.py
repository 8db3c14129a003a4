"""An engine that starts in the background, and is closed whenever that is asked for."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.panels.run import SegmentationEngine

__all__ = ["EngineStart"]

_LOGGER = logging.getLogger(__name__)


class EngineStart:
    """One start of an engine.

    Parameters
    ----------
    start : callable
        Starts it; blocks until it is up.
    on_ready, on_failed : callable
        Told on the background thread; not called once the start was closed.
    """

    def __init__(
        self,
        start: Callable[[], SegmentationEngine],
        *,
        on_ready: Callable[[SegmentationEngine], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        self._start, self._on_ready, self._on_failed = start, on_ready, on_failed
        self._ended, self._lock = threading.Event(), threading.Lock()
        self._engine: SegmentationEngine | None = None
        self._error: Exception | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="rsseg-engine-start", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            engine = self._start()
        except Exception as error:  # noqa: BLE001 - told to the user by on_failed
            self._error = error
            if not self._closed:
                self._on_failed(error)
            self._ended.set()  # last: whoever waits finds the failure told
            return
        with self._lock:
            self._engine, late = engine, self._closed
        self._ended.set()
        if late:
            engine.close()
            return
        try:
            self._on_ready(engine)
        except Exception as error:  # noqa: BLE001 - told to the user by on_failed
            if not self._closed:  # an engine that was closed meanwhile answers no question
                self._on_failed(error)

    def wait(self) -> SegmentationEngine:
        """Return the engine once it is up.

        Raises
        ------
        Exception
            What its start raised.
        """
        self._ended.wait()
        if self._error is not None:
            raise self._error
        assert self._engine is not None  # ended without an error
        return self._engine

    def close(self) -> threading.Thread:
        """Close the engine, now or as soon as it is up; returns at once the thread that does it."""
        with self._lock:
            engine, self._closed = self._engine, True
        if engine is None:
            return self._thread
        thread = threading.Thread(target=_close, args=(engine,), name="rsseg-engine-close")
        thread.start()
        return thread


def _close(engine: SegmentationEngine) -> None:
    try:
        engine.close()
    except Exception:
        _LOGGER.exception("the engine did not close cleanly")
