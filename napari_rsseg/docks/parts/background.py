"""Work that takes a while, off the main thread, with its result brought back to it."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.compat import isalive
from qtpy.QtCore import QObject

from napari_rsseg.docks.parts.main_thread import main_thread

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

    def __init__(
        self,
        work: Callable[[], Any],
        parent: QObject,
        *,
        on_done: Callable[[Any], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        super().__init__(parent)
        self._main_thread = main_thread()
        self._work, self._on_done, self._on_failed = work, on_done, on_failed
        threading.Thread(target=self._run, name="rsseg-background", daemon=True).start()

    def _run(self) -> None:
        try:
            result = self._work()
        except Exception as error:  # noqa: BLE001 - brought to the main thread, where it is told
            self._main_thread.call.emit(partial(self._tell, self._on_failed, error))
        else:
            self._main_thread.call.emit(partial(self._tell, self._on_done, result))

    def _tell(self, hear: Callable[[Any], None], value: Any) -> None:
        alive = isalive(self)  # type: ignore[no-untyped-call]  # qtpy's compat has no types
        if alive:  # else the page was closed meanwhile: nobody waits for the result
            hear(value)
