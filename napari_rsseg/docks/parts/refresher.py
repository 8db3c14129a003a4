"""From events of a panel, on any thread, to one refresh of its page on the main thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

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

    _asked = Signal()

    def __init__(self, refresh: Callable[[], object], parent: QObject, *, interval_ms: int) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(refresh)
        self._asked.connect(self._arm)

    def ask(self, *_: object) -> None:
        """Ask for a refresh; for any thread."""
        self._asked.emit()  # queued by Qt where the thread is another one

    def _arm(self) -> None:
        if not self._timer.isActive():
            self._timer.start()
