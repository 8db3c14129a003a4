"""Decoded pieces of rasters, kept while they fit."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import numpy as np
    import numpy.typing as npt

__all__ = ["SegmentCache"]


class SegmentCache:
    """Least recently used arrays, bounded by their bytes; thread-safe.

    Parameters
    ----------
    limit_bytes : int
        What the kept arrays may hold together; the newest one is kept even when it alone is larger.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._arrays: OrderedDict[Hashable, npt.NDArray[np.generic]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        """Bytes held now."""
        return self._bytes

    def get(self, key: Hashable, make: Callable[[], npt.NDArray[np.generic]]) -> npt.NDArray[np.generic]:
        """Return the array of a key, made when it is not held; callers must not write into it."""
        with self._lock:
            held = self._arrays.get(key)
            if held is not None:
                self._arrays.move_to_end(key)
                return held
        made = make()  # outside the lock: two threads may decode one piece, none waits for another's
        made.flags.writeable = False
        with self._lock:
            if key not in self._arrays:
                self._arrays[key] = made
                self._bytes += made.nbytes
                while self._bytes > self.limit_bytes and len(self._arrays) > 1:
                    _, dropped = self._arrays.popitem(last=False)
                    self._bytes -= dropped.nbytes
        return made

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._arrays.clear()
            self._bytes = 0
