"""Active time: how long somebody worked on a window and class, with pauses cut."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["IDLE_S", "ActiveTime"]

IDLE_S = 30.0
"""A longer pause counts as this much."""

Work = TypeVar("Work")


@dataclass
class ActiveTime(Generic[Work]):
    """A clock that runs while something is done.

    Parameters
    ----------
    clock : callable
        Returns seconds that never go back, whatever happens to the date.
    """

    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._work: Work | None = None
        self._touched = self._counted = 0.0
        self._seconds: dict[Work, float] = {}

    def touch(self, work: Work) -> None:
        """Note that something was done; the time since the last such moment belongs to what was done then."""
        self._count()
        self._work, self._touched, self._counted = work, self.clock(), self.clock()

    def _count(self) -> None:
        if self._work is None:
            return
        until = min(self.clock(), self._touched + IDLE_S)
        self._seconds[self._work] = self._seconds.get(self._work, 0.0) + max(until - self._counted, 0.0)
        self._counted = max(until, self._counted)

    def take(self) -> dict[Work, float]:
        """Return the seconds of each work since the last call, those up to this moment included."""
        self._count()
        taken, self._seconds = self._seconds, {}
        return {work: seconds for work, seconds in taken.items() if seconds > 0}
