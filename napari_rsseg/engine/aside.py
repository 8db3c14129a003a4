"""What may take long, done where cancelling need not wait for it."""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Cancellation", "Cancelled", "settle"]

_R = TypeVar("_R")


class Cancelled(Exception):
    """What was asked for is no longer wanted."""


def settle(future: Future[_R], function: Callable[[], _R]) -> None:
    """Call a function now; what it returns or raises is the result of the future."""
    try:
        future.set_result(function())
    except BaseException as error:  # noqa: BLE001  # it is raised again where the result is awaited
        future.set_exception(error)


class Cancellation:
    """A wish to stop, said once and from any thread."""

    def __init__(self) -> None:
        self._said: Future[None] = Future()
        self._lock = threading.Lock()

    @property
    def is_said(self) -> bool:
        """Whether to stop."""
        return self._said.done()

    def say(self) -> None:
        """Stop; may be said again."""
        with self._lock:
            if not self.is_said:
                self._said.set_result(None)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until it is said."""
        wait([self._said], seconds)

    def unless_said(self, errand: Callable[[], _R]) -> _R:
        """Run an errand on a thread of its own and return its result; once it is said, leave it to itself.

        Raises
        ------
        Cancelled
            When it was said before the errand was done.
        """
        outcome: Future[_R] = Future()
        threading.Thread(target=settle, args=(outcome, errand), name="errand", daemon=True).start()
        either: list[Future[Any]] = [outcome, self._said]
        wait(either, return_when=FIRST_COMPLETED)
        if self.is_said:
            raise Cancelled
        return outcome.result()
