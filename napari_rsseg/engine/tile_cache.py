"""Tiles that several blocks need are predicted once; worker side."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["TileCache"]

Key = tuple[str, tuple[int, int]]


class TileCache:
    """Predicted groups of tiles, the least recently used ones dropped first.

    Parameters
    ----------
    limit_bytes : int
        Size to stay below.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._held: OrderedDict[Key, Future[Tensor | None]] = OrderedDict()
        self._lock = Lock()

    def claim(self, key: Key) -> tuple[Future[Tensor | None], bool]:
        """Return the future of a group, and whether the caller is the one who has to make it."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
                return found, False
            made: Future[Tensor | None] = Future()
            self._held[key] = made
            return made, True

    def forget(self, key: Key) -> None:
        """Drop a group that could not be made."""
        with self._lock:
            self._held.pop(key, None)

    def trim(self) -> None:
        """Drop what is beyond the limit."""
        with self._lock:
            size = sum(_bytes(future) for future in self._held.values())
            for key in list(self._held):
                if size <= self._limit:
                    return
                if self._held[key].done():
                    size -= _bytes(self._held.pop(key))


def _bytes(future: Future[Tensor | None]) -> int:
    if not future.done() or future.exception() is not None:
        return 0
    made = future.result()
    return 0 if made is None else made.nbytes
