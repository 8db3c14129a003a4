"""Work for the main thread in small pieces, so that the window answers between any two of them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar

from psygnal import Signal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Chores"]


class Chores:
    """A queue of pieces; whoever turns the event loop does one per turn.

    Attributes
    ----------
    added : Signal
        Emitted when there is something to do.
    """

    added: ClassVar[Signal] = Signal()

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, *pieces: Callable[[], object]) -> None:
        """Put pieces at the end of the queue."""
        self._waiting.extend(pieces)
        self.added.emit()

    def do_next(self) -> None:
        """Do the first piece, if there is one."""
        if self._waiting:
            self._waiting.popleft()()

    def do_all(self) -> None:
        """Do what is there, pieces added meanwhile included."""
        while self._waiting:
            self.do_next()
