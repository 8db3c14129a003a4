"""A way from any thread to the main one that no closing window takes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QCoreApplication, QObject, Signal, Slot

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MainThread", "main_thread"]


class MainThread(QObject):
    """Calls functions on the main thread.

    It lives as long as the application: other threads then never touch a Qt object that may be destroyed
    meanwhile, which no check on their side could rule out.

    Attributes
    ----------
    call : Signal
        Emitted on any thread with a function that takes nothing; at once where that is the main one.
    """

    call = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.call.connect(self._do)

    @Slot(object)
    def _do(self, work: Callable[[], object]) -> None:
        work()


def main_thread() -> MainThread:
    """Return the application's only one; to be asked for on the main thread."""
    application = QCoreApplication.instance()
    assert application is not None  # widgets exist
    found: MainThread | None = application.findChild(MainThread)
    return MainThread(application) if found is None else found
