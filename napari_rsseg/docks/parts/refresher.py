"""From events of a panel, on any thread, to one refresh of its page on the main thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer

from napari_rsseg.docks.parts.main_thread import main_thread

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Refresher"]


class Refresher(QObject):
    """Calls a function on the main thread soon after it was asked to, once for many askings.

    Parameters
    ----------
    refresh : callable
        What is called.
    parent : QObject
        When it is destroyed, nothing is called any more.
    interval_ms : int
        Askings within this time count as one.
    """

    def __init__(self, refresh: Callable[[], object], parent: QObject, *, interval_ms: int) -> None:
        super().__init__(parent)
        self._main_thread = main_thread()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(refresh)

    def ask(self, *_: object) -> None:
        """Ask for a refresh; for any thread, also after the parent was destroyed."""
        self._main_thread.call.emit(self._arm)

    def _arm(self) -> None:
        alive = isalive(self._timer)  # type: ignore[no-untyped-call]  # qtpy's compat has no types
        if alive and not self._timer.isActive():
            self._timer.start()
