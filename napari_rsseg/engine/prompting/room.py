"""The part of a worker that answers prompts: views are prepared once, then clicks are quick."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol

import numpy as np

from napari_rsseg.engine.aside import Cancelled
from napari_rsseg.engine.prompting.deduplication import without_duplicates
from napari_rsseg.engine.prompting.prepared_views import PreparedViews, view_key
from napari_rsseg.engine.prompting.prompts import PromptAnswer, Proposals, ViewReady
from napari_rsseg.engine.prompting.search_views import search_views
from napari_rsseg.engine.prompting.view_image import read_view
from napari_rsseg.errors import EngineError
from napari_rsseg.settings import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from napari_rsseg.engine.prompting.prepared_views import Prepared
    from napari_rsseg.engine.prompting.prompts import Candidate, Prompts
    from napari_rsseg.engine.prompting.tasks import PromptTask
    from napari_rsseg.engine.prompting.view import PromptSegmenter, PromptView
    from napari_rsseg.scenes.scene import Scene, SceneReference

__all__ = ["PromptRoom", "Segmenter"]

_LOGGER = logging.getLogger(__name__)
_MEMORY_BYTES = 256 << 20
_DISK_BYTES = 2 << 30
_SEGMENTERS_KEPT = 2
_CALLED_OFF_KEPT = 256


class Segmenter(Protocol):
    """What turns prompts on a prepared image into masks."""

    search_overlap: float
    """Regions of one search that overlap more than this IoU show the same thing."""

    def prepare(self, image: npt.NDArray[np.uint8], is_called_off: Callable[[], bool]) -> Prepared:
        """Compute of an image (h, w, 3) all that needs no prompt."""
        ...

    def segment(self, prepared: Prepared, view: PromptView, prompts: Prompts) -> list[Candidate]:
        """Return up to three candidates, the most probable first."""
        ...

    def propose(
        self, prepared: Prepared, view: PromptView, is_called_off: Callable[[], bool]
    ) -> list[Candidate]:
        """Return all objects of the view, those found twice twice."""
        ...


class PromptRoom:
    """All that lives in a worker between two prompts.

    Parameters
    ----------
    open_scene : callable
        Opens a scene as the worker keeps them, or raises what says that it cannot.
    load : callable
        Makes what answers.
    """

    def __init__(
        self,
        open_scene: Callable[[SceneReference, str], Scene],
        load: Callable[[PromptSegmenter], Segmenter],
    ) -> None:
        self._open_scene = open_scene
        self._load = load
        self._views = PreparedViews(
            cache_folder() / "prompts", memory_bytes=_MEMORY_BYTES, disk_bytes=_DISK_BYTES
        )
        self._segmenters: OrderedDict[str, Segmenter] = OrderedDict()
        self._under_way: dict[str, Future[Prepared]] = {}
        self._called_off: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self._loading = threading.Lock()

    def call_off(self, name: str) -> None:
        """Stop answering a question at its next step."""
        with self._lock:
            self._called_off[name] = None
            while len(self._called_off) > _CALLED_OFF_KEPT:
                self._called_off.popitem(last=False)

    def answer(self, task: PromptTask) -> ViewReady | PromptAnswer | Proposals:
        """Answer a question.

        Raises
        ------
        Cancelled
            When it was called off.
        RssegError
            When the scene or the model cannot be read, or the prompts say nothing.
        """
        start = time.perf_counter()

        def seconds() -> float:
            return time.perf_counter() - start

        def is_called_off() -> bool:
            return task.name in self._called_off

        if task.errand == "segment" and not task.prompts.says_where:
            raise EngineError(
                "The prompts do not say where the object is.",
                "Click on it, draw a box around it, or scribble over it.",
            )
        segmenter = self._segmenter(task.view.segmenter)
        name = task.view.segmenter.name
        if task.errand == "propose":
            regions = self._proposed(segmenter, task, is_called_off)
            return Proposals(regions, name, seconds())
        prepared, was_kept = self._prepared(segmenter, task.view, task, is_called_off)
        if task.errand == "prepare":
            return ViewReady(name, was_kept, seconds())
        if is_called_off():
            raise Cancelled
        candidates = segmenter.segment(prepared, task.view, task.prompts)
        return PromptAnswer(tuple(candidates), name, seconds())

    def _proposed(
        self, segmenter: Segmenter, task: PromptTask, is_called_off: Callable[[], bool]
    ) -> tuple[Candidate, ...]:
        found: list[Candidate] = []
        for view in search_views(task.view) if task.image is None else (task.view,):
            prepared, _ = self._prepared(segmenter, view, task, is_called_off)
            found += segmenter.propose(prepared, view, is_called_off)
        return without_duplicates(found, task.view.window, most_iou=segmenter.search_overlap)

    def _segmenter(self, asked: PromptSegmenter) -> Segmenter:
        card = None if asked.card is None else asked.card.model_dump_json()
        key = f"{asked.device} {asked.weights} {card}"
        with self._loading:
            if key not in self._segmenters:
                self._segmenters[key] = self._load(asked)
                while len(self._segmenters) > _SEGMENTERS_KEPT:
                    self._segmenters.popitem(last=False)
            self._segmenters.move_to_end(key)
            return self._segmenters[key]

    def _prepared(
        self, segmenter: Segmenter, view: PromptView, task: PromptTask, is_called_off: Callable[[], bool]
    ) -> tuple[Prepared, bool]:
        """Return a prepared view and whether it was there; two that want the same one wait for one."""
        key = view_key(view)
        while True:
            if is_called_off():
                raise Cancelled
            found = self._views.get(key)
            if found is not None:
                return found, True
            with self._lock:
                other = self._under_way.get(key)
                mine: Future[Prepared] = Future()
                if other is None:
                    self._under_way[key] = mine
            if other is None:
                return self._made(segmenter, view, task, is_called_off, mine), False
            try:
                return other.result(), False
            except Cancelled:
                continue  # who asked first wants it no longer

    def _made(
        self,
        segmenter: Segmenter,
        view: PromptView,
        task: PromptTask,
        is_called_off: Callable[[], bool],
        mine: Future[Prepared],
    ) -> Prepared:
        key = view_key(view)
        try:
            made = segmenter.prepare(self._image(view, task), is_called_off)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            self._views.put(key, made)
            mine.set_result(made)
            return made
        finally:
            with self._lock:
                del self._under_way[key]

    def _image(self, view: PromptView, task: PromptTask) -> npt.NDArray[np.uint8]:
        if task.image is not None and view == task.view:
            return np.asarray(task.image.unpacked(), dtype=np.uint8)
        return read_view(self._open_scene(view.scene, view.fingerprint), view)
