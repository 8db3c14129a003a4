"""Work that takes a while, off the main thread, with its result brought back to it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Background"]


class Background(QObject):
    """Runs one function on a thread.

    Parameters
    ----------
    work : callable
        Takes nothing; must not touch a widget.
    on_done, on_failed : callable
        Get its result, or its exception, on the main thread.
    parent : QObject
        Keeps this alive; when it is destroyed, nothing is called any more.
    """

    _done = Signal(object)
    _failed = Signal(object)

    def __init__(
        self,
        work: Callable[[], Any],
        parent: QObject,
        *,
        on_done: Callable[[Any], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        super().__init__(parent)
        self._work = work
        self._done.connect(on_done)
        self._failed.connect(on_failed)
        threading.Thread(target=self._run, name="rsseg-background", daemon=True).start()

    def _run(self) -> None:
        try:
            result = self._work()
        except Exception as error:  # noqa: BLE001 - brought to the main thread, where it is told
            self._tell(self._failed, error)
        else:
            self._tell(self._done, result)

    def _tell(self, signal: Any, value: object) -> None:
        try:
            signal.emit(value)
        except RuntimeError:  # the page was closed meanwhile: nobody waits for the result
            return
