"""What the engine has its workers call; each reaches the room of the process that it runs in."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from distributed import WorkerPlugin, get_worker

if TYPE_CHECKING:
    from napari_rsseg.engine.events import DeviceInfo
    from napari_rsseg.engine.feature_task import FeatureTask
    from napari_rsseg.engine.packing import PackedArray
    from napari_rsseg.engine.prompting.tasks import PromptReply, PromptTask
    from napari_rsseg.engine.request import DeviceChoice
    from napari_rsseg.engine.tasks import Answer, BlockTask, ModelTask, NeedsWeights, Refused
    from napari_rsseg.engine.worker import WorkerRoom

__all__ = [
    "RoomPlugin",
    "call_off_prompt",
    "describe",
    "keep_weights",
    "predict",
    "prepare",
    "prompt",
    "window_features",
]

_PLUGIN = "napari-rsseg"


class RoomPlugin(WorkerPlugin):
    """Gives a worker process its room, made when the first question comes."""

    name = _PLUGIN

    def __init__(self, forward_threads: int | None, *, polite: bool) -> None:
        self._forward_threads = forward_threads
        self._polite = polite

    def setup(self, worker: Any) -> None:
        """Begin in a worker process."""
        self._lock = threading.Lock()
        self._folder = Path(worker.local_directory)
        self._room: WorkerRoom | None = None

    def room(self) -> WorkerRoom:
        """Return the room, at its first call a new one."""
        from napari_rsseg.engine.loading import lower_priority
        from napari_rsseg.engine.worker import WorkerRoom

        with self._lock:
            if self._room is None:
                if self._polite:
                    lower_priority()
                self._room = WorkerRoom(self._folder, self._forward_threads)
            return self._room

    def __getstate__(self) -> dict[str, Any]:
        return {"_forward_threads": self._forward_threads, "_polite": self._polite}


def _room() -> WorkerRoom:
    plugin = cast("RoomPlugin", get_worker().plugins[_PLUGIN])
    return plugin.room()


def predict(task: BlockTask) -> Answer:
    """Predict a block."""
    worker = get_worker()
    name = worker.get_current_task()

    def is_called_off() -> bool:  # told by the scheduler, also about what was called off while this one hung
        known = worker.state.tasks.get(name)
        return known is None or known.state == "cancelled"

    return _room().predict(task, is_called_off=is_called_off)


def describe(choice: DeviceChoice) -> DeviceInfo:
    """Say what this worker runs on."""
    return _room().describe(choice)


def prepare(task: ModelTask) -> Answer | None:
    """Load a model."""
    return _room().prepare(task)


def keep_weights(sha256: str, part: bytes, offset: int, size: int, dask_worker: Any) -> None:
    """Take a piece of a weight file."""
    _room_of(dask_worker).keep_weights(sha256, part, offset, size)


def window_features(task: FeatureTask) -> PackedArray | NeedsWeights | Refused:
    """Look at windows of a scene."""
    return _room().window_features(task)


async def prompt(task: PromptTask, dask_worker: Any) -> PromptReply:
    """Answer on a thread beside those of the blocks, so that a click waits for none of them."""
    return await asyncio.to_thread(lambda: _room_of(dask_worker).prompt(task))


async def call_off_prompt(name: str, dask_worker: Any) -> None:
    """Stop answering a question about a view."""
    await asyncio.to_thread(lambda: _room_of(dask_worker).call_off_prompt(name))


def _room_of(dask_worker: Any) -> WorkerRoom:
    return cast("RoomPlugin", dask_worker.plugins[_PLUGIN]).room()
