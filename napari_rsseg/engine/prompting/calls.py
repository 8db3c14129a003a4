"""Questions about a view, asked aside: the caller gets a future at once."""

from __future__ import annotations

import logging
import threading
import uuid
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from napari_rsseg.engine.packing import PackedArray
from napari_rsseg.engine.prompting.prompts import Prompts
from napari_rsseg.engine.prompting.tasks import NeedsImage, PromptTask, as_workers_see
from napari_rsseg.engine.tasks import NeedsWeights, Refused, Stopped
from napari_rsseg.engine.workers import Lost
from napari_rsseg.errors import EngineError, RssegError, SceneError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_rsseg.engine.prompting.tasks import PromptErrand, PromptReply
    from napari_rsseg.engine.prompting.view import PromptView
    from napari_rsseg.engine.request import PathMapping

__all__ = ["PromptWorkers", "ask_aside"]

_LOGGER = logging.getLogger(__name__)
_NO_PROMPTS = Prompts()
_TRIES = 6  # a worker may ask for image and weights, and be started anew between the two


class PromptWorkers(Protocol):
    """What questions about views need of the engine; see `cluster.Engine`."""

    def ask_prompt(self, task: PromptTask) -> PromptReply | Lost:
        """Ask the worker that holds this view; waits for its answer."""
        ...

    def call_off_prompt(self, name: str) -> None:
        """Tell the workers that a question is no longer wanted."""
        ...

    def upload_weights(self, path: Path, sha256: str) -> None:
        """Send a weight file to all workers; waits for them."""
        ...

    def reconnect(self, is_given_up: Callable[[], bool]) -> str:
        """Wait until workers answer again, and return what happened."""
        ...


def ask_aside(
    workers: PromptWorkers,
    errand: PromptErrand,
    view: PromptView,
    prompts: Prompts = _NO_PROMPTS,
    *,
    path_mapping: PathMapping = (),
) -> Future[Any]:
    """Ask a question on a thread of its own.

    Returns
    -------
    Future
        Of the reply; raises `RssegError` where there is none. Cancelled, it ends at once, and the worker
        stops at its next step.
    """
    task = PromptTask(uuid.uuid4().hex, errand, as_workers_see(view, path_mapping), prompts)
    future: Future[Any] = Future()

    def run() -> None:
        try:
            reply = _answered(workers, task, view, future.cancelled)
        except RssegError as error:
            _settle(future, error)
        except Exception as error:
            _LOGGER.exception("prompts on %s failed", view.scene.uri)
            said = f"The prompts could not be answered ({type(error).__name__}: {error})."
            _settle(future, EngineError(said, "Try again; if it happens again, report it with the log."))
        else:
            _settle(future, reply)

    def tell(done: Future[Any]) -> None:
        if done.cancelled():
            aside = threading.Thread(target=workers.call_off_prompt, args=(task.name,), daemon=True)
            aside.start()

    future.add_done_callback(tell)
    threading.Thread(target=run, name=f"prompt-{errand}", daemon=True).start()
    return future


def _settle(future: Future[Any], outcome: object) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(outcome, RssegError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _answered(
    workers: PromptWorkers, task: PromptTask, view: PromptView, is_cancelled: Callable[[], bool]
) -> object:
    for _ in range(_TRIES):
        if is_cancelled():
            return None
        reply = workers.ask_prompt(task)
        if isinstance(reply, Refused):
            raise EngineError(reply.found, reply.remedy)
        if isinstance(reply, Lost):
            workers.reconnect(is_cancelled)
        elif isinstance(reply, NeedsImage):
            task = replace(task, image=_image(view))
        elif isinstance(reply, NeedsWeights):
            _upload(workers, view)
        elif isinstance(reply, Stopped):
            return None
        else:
            return reply
    raise EngineError(
        "The engine's worker did not answer.", "Try again; if it happens again, report it with the log."
    )


def _image(view: PromptView) -> PackedArray:
    from napari_rsseg.engine.prompting.view_image import read_view
    from napari_rsseg.scenes import open_reference

    scene = open_reference(view.scene)
    try:
        if scene.fingerprint != view.fingerprint:
            raise SceneError(f"{view.scene.uri} has changed since it was opened.", "Open the scene again.")
        return PackedArray.of(read_view(scene, view))
    finally:
        scene.close()


def _upload(workers: PromptWorkers, view: PromptView) -> None:
    card, path = view.segmenter.card, view.segmenter.weights
    assert card is not None  # only a card has weights to be missed
    assert path is not None
    try:
        workers.upload_weights(path, card.sha256)
    except OSError as error:
        raise EngineError(
            f"The weights of {card.name} cannot be sent to the workers ({error}).",
            f"Check that {path} is there and can be read.",
        ) from None
