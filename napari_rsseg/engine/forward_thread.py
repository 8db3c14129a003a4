"""One thread for all that a worker computes; the block asked for first is finished first; worker side."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

from napari_rsseg.engine.aside import settle

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["NOW", "ForwardThread"]

NOW = -1
"""A rank before those of all blocks."""

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Item = tuple[float, int, Callable[[], None]]
_END = float("inf")


class ForwardThread:
    """Runs functions one after the other, those of the lowest rank first.

    Several blocks are under way at once so that reading and packing overlap with the network; without ranks
    their tiles would alternate, and the first labels would come as late as the third ones. All tensors are
    computed here: each thread that computes some gets CPU threads of its own from PyTorch, and with more of
    them than cores they no longer wait for each other awake.
    """

    def __init__(self) -> None:
        self._waiting: queue.PriorityQueue[_Item] = queue.PriorityQueue()
        self._counter = itertools.count()
        self._thread = threading.Thread(target=self._work, name="forward", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.put((_END, next(self._counter), lambda: None))
        self._thread.join()

    def submit(
        self, rank: int, function: Callable[_P, _R], *arguments: _P.args, **named: _P.kwargs
    ) -> Future[_R]:
        """Run a function as soon as none of a lower rank waits."""
        future: Future[_R] = Future()
        call = partial(function, *arguments, **named)
        self._waiting.put((rank, next(self._counter), partial(settle, future, call)))
        return future

    def _work(self) -> None:
        while True:
            rank, _, run = self._waiting.get()
            if rank == _END:
                return
            run()
