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


class Workers(Protocol):
    """What a job needs of the engine; see `cluster.Engine`."""

    @property
    def capacity(self) -> int:
        """How many blocks may be under way at once."""
        ...

    def submit(self, task: BlockTask, on_answer: Callable[[ReadAnswer], None]) -> Callable[[], None]:
        """Send a block to a worker, and return what calls it off.

        ``on_answer`` is called on another thread once there is an answer; reading it may block.
        """
        ...

    def call_off(self, job: str) -> None:
        """Tell all workers to stop predicting blocks of a job."""
        ...

    def upload_weights(self, path: Path, sha256: str) -> None:
        """Send a weight file to all workers."""
        ...

    def reconnect(self, is_given_up: Callable[[], bool]) -> str:
        """Wait until workers answer again, and return what happened."""
        ...
