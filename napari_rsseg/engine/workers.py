"""What a job needs of whoever predicts its blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from napari_rsseg.engine.tasks import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.engine.tasks import BlockTask

__all__ = ["Lost", "ReadAnswer", "Workers"]


@dataclass(frozen=True)
class Lost:
    """The question or its answer was lost with the connection or the worker."""


ReadAnswer = Callable[[], Answer | Lost]
"""Gives the answer, which is there already, or raises what went wrong with it; never waits."""


class Workers(Protocol):
    """What a job needs of the engine; see `cluster.Engine`."""

    @property
    def capacity(self) -> int:
        """How many blocks may be under way at once; known without asking anybody."""
        ...

    def submit(self, task: BlockTask, on_answer: Callable[[ReadAnswer], None]) -> Callable[[], None]:
        """Send a block to a worker, and return what calls it off; neither waits for anybody.

        ``on_answer`` is called on another thread once there is an answer.
        """
        ...

    def upload_weights(self, path: Path, sha256: str) -> None:
        """Send a weight file to all workers; waits for them."""
        ...

    def reconnect(self, is_given_up: Callable[[], bool]) -> str:
        """Wait until workers answer again, and return what happened."""
        ...
