"""Commands of prompting: what is pointed at, what it may be, what is written; knows neither Qt nor napari."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_rsseg.engine.prompting.view import choose_segmenter, view_of
from napari_rsseg.errors import EngineError
from napari_rsseg.panels.faults import describe_fault
from napari_rsseg.panels.paged_array import squares
from napari_rsseg.panels.prompt_state import (
    Given,
    PromptState,
    PromptTool,
    WrittenMask,
    is_inside,
    prompts_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.engine.prompting.prompts import Candidate, PromptAnswer, Proposals, ViewReady
    from napari_rsseg.engine.prompting.view import PromptSegmenter, PromptView
    from napari_rsseg.panels.run import SegmentationEngine
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window

__all__ = ["Prompting"]

_SCALE_KEPT = 1.5
"""A view is looked at anew when its pixels grew or shrank by more than this."""


@dataclass
class Prompting(PromptState):
    """Commands over the state of prompting; takes the same arguments.

    Fields are set on the main thread and on those of the background.
    """

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._scene: Scene | None = None
        self._segmenter: PromptSegmenter | None = None
        self._shown: Window | None = None
        self._preparing: Future[ViewReady] | None = None
        self._serial = 0  # of what was asked last
        self._is_asking = self._asks_again = False
        self._previous: Candidate | None = None
        self.segment.events.scene_title.connect(self._follow_scene)

    # on and off

    @property
    def scene(self) -> Scene | None:
        """The scene that is pointed at; None while prompting is off."""
        return self._scene

    def begin(self) -> None:
        """Take clicks on the chosen scene as prompts; its view is looked at in the background."""
        scene = self.segment.scene
        if scene is None:
            self.message = "No scene is open. Open one first."
            return
        self._scene, self._shown = scene, self.segment.find_view(scene)
        self.message, self.activity, self.is_on = "", "Looking for the best segmenter …", True
        self._aside(self._choose_segmenter)

    def end(self) -> None:
        """Take clicks as napari does again; what was not written is dropped."""
        self.drop()
        self.drop_regions()
        self.view, self.activity, self.is_on = None, "", False
        self._scene = self._segmenter = None
        self._stop_preparing()

    def toggle(self) -> None:
        """Begin or end."""
        if self.is_on:
            self.end()
        else:
            self.begin()

    def _follow_scene(self) -> None:
        if self.is_on and self.segment.scene is not self._scene:
            self.end()

    def _choose_segmenter(self) -> None:
        self._segmenter = choose_segmenter(task=self.segment.task, device=self.segment.options.device)
        self.segmenter = self._segmenter.sentence
        self._look()

    # the view

    def look_at(self, shown: Window | None) -> None:
        """Follow the view once it rests; not while prompts wait to be written.

        Parameters
        ----------
        shown : Window or None
            What of the scene is on the screen.
        """
        rests, self._shown = shown == self._shown, shown
        if rests and not self.given and not self.regions and self._is_elsewhere():
            self._look()

    def choose_detail(self, detail: float) -> None:
        """Let the segmenter see pixels of another ground size."""
        self.detail = detail
        self._look()

    def _wanted(self) -> PromptView | None:
        """Return the view to look at; None where nothing of the scene is shown."""
        if self._scene is None or self._segmenter is None or self._shown is None:
            return None
        try:
            return view_of(self._scene, self._shown, self._segmenter, pixel_px=self.detail or None)
        except EngineError:  # the scene is out of sight
            return None

    def _is_elsewhere(self) -> bool:
        """Whether the screen shows something else than was looked at, or at another scale."""
        wanted, view = self._wanted(), self.view
        if wanted is None or view is None or wanted == view:
            return wanted is not None and view is None
        ratio = wanted.pixel_px / view.pixel_px
        middle = wanted.window.intersection(view.window)
        return not 1 / _SCALE_KEPT < ratio < _SCALE_KEPT or 2 * middle.height * middle.width < (
            wanted.window.height * wanted.window.width
        )

    def _look(self) -> None:
        """Have the view prepared; what was given is asked again there."""
        wanted = self._wanted()
        if wanted is None or wanted == self.view:
            self.activity = "" if self._preparing is None else self.activity
            return
        self._stop_preparing()
        self.view, self.activity, self._previous = wanted, "Looking at the view …", None
        self._with_engine(partial(self._prepare, wanted))
        if self.given:
            self._ask()

    def _prepare(self, view: PromptView, engine: SegmentationEngine) -> None:
        self._preparing = engine.prepare_view(view)
        self._preparing.add_done_callback(partial(self._take_view, view))

    def _take_view(self, view: PromptView, future: Future[ViewReady]) -> None:
        if view != self.view:
            return
        self._preparing = None
        self._result(future)
        self.activity = ""

    def _stop_preparing(self) -> None:
        preparing, self._preparing = self._preparing, None
        if preparing is not None:
            preparing.cancel()

    # prompts

    def choose_tool(self, tool: PromptTool) -> None:
        """Give the next prompt in another way."""
        self.tool = tool

    def give(self, *prompts: Given) -> None:
        """Say more about the object; the answer comes in the background."""
        self._previous = self.candidate
        self.given += prompts
        if self.view is not None and not all(is_inside(prompt, self.view.window) for prompt in prompts):
            self.view = None
            self._look()
        self._ask()

    def take_back(self) -> None:
        """Forget the last prompt."""
        if self.given:
            self.given, self._previous = self.given[:-1], None
            self._ask()

    def next_candidate(self) -> None:
        """Show the next mask that the object may be."""
        if self.candidates:
            self.chosen = (self.chosen + 1) % len(self.candidates)

    def drop(self) -> None:
        """Forget all prompts and what they made."""
        self._serial += 1
        self.given, self.candidates, self.chosen, self._previous = (), (), 0, None

    def _ask(self) -> None:
        """Ask what the prompts point at; while an answer is awaited, only the newest question waits."""
        self._serial += 1
        with self._lock:
            if self._is_asking:
                self._asks_again = True
                return
            self._is_asking = True
        self._submit()

    def _submit(self) -> None:
        view, prompts, serial = self.view, prompts_of(self.given, self._previous), self._serial
        if view is None or not prompts.says_where:
            self.candidates, self.chosen, self._is_asking = (), 0, False
            return
        self._with_engine(
            lambda engine: engine.segment_prompts(view, prompts).add_done_callback(
                partial(self._take_answer, serial)
            )
        )

    def _take_answer(self, serial: int, future: Future[PromptAnswer]) -> None:
        answer = self._result(future)
        with self._lock:
            again, self._asks_again = self._asks_again, False
            self._is_asking = again
        if answer is not None and serial == self._serial:
            self.chosen = 0
            self.candidates, self.message = answer.candidates, ""
        if again:
            self._submit()

    # everything in view

    def propose(self) -> None:
        """Find everything in view, in the background."""
        view = self.view
        if view is None:
            self.message = "Begin prompting and move the scene into view first."
            return
        self.activity = "Looking for everything in view …"
        self._with_engine(
            lambda engine: engine.propose(view).add_done_callback(partial(self._take_proposals, view))
        )

    def _take_proposals(self, view: PromptView, future: Future[Proposals]) -> None:
        answer = self._result(future)
        if answer is None or view != self.view:
            return
        self.activity, self.assigned, self.regions = "", frozenset(), answer.regions
        count = len(answer.regions)
        self.message = f"{count} regions. Click one to give it the class." if count else "Nothing was found."

    def drop_regions(self) -> None:
        """Forget what was proposed."""
        self.regions, self.assigned = (), frozenset()

    def assign(self, number: int) -> None:
        """Write the active class into a region, where no smaller one lies over it."""
        region = self.regions[number]
        mask = region.mask.unpacked()
        for other in self.regions[number + 1 :]:
            common = region.window.intersection(other.window)
            if not common.is_empty:
                over = other.mask.unpacked()[common.within(other.window).slices]
                mask[common.within(region.window).slices] &= ~over
        self._write(region.window, mask)
        self.assigned |= {number}

    # writing

    def accept(self) -> None:
        """Write the mask that is shown into the active class, and begin with the next object."""
        candidate = self.candidate
        if candidate is not None:
            self._write(candidate.window, candidate.mask.unpacked())
            self.drop()

    def _write(self, window: Window, mask: npt.NDArray[np.bool_]) -> None:
        if self._scene is not None and not window.is_empty:
            stroke = WrittenMask(self._scene, self.segment.task, window, mask, self.class_id)
            self._aside(partial(self._write_measured, stroke))

    def _write_measured(self, stroke: WrittenMask) -> None:
        """Leave out what was not measured, which needs the file; then hand on what is to be written."""
        from napari_rsseg.scenes import read_values

        bands = tuple(dict.fromkeys(self.view.bands)) if self.view is not None else (0,)
        mask = stroke.mask.copy()
        for part in squares(stroke.window):
            inside = mask[part.within(stroke.window).slices]
            if inside.any():
                inside &= read_values(stroke.scene, part, bands)[1]
        self.written.emit(replace(stroke, mask=mask))

    # the background

    def _with_engine(self, work: Callable[[SegmentationEngine], object]) -> None:
        wait = self.segment.running_engine()
        self._aside(lambda: work(wait()))

    def _aside(self, work: Callable[[], object]) -> None:
        threading.Thread(target=self._guarded, args=(work,), name="rsseg-prompts", daemon=True).start()

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the last door before the thread ends; logged by describe_fault
            self._is_asking, self.activity, self.message = False, "", describe_fault(error)

    def _result(self, future: Future[Any]) -> Any:
        """Return what a future brings; None where it was cancelled or failed, which is told."""
        try:
            return future.result()
        except CancelledError:
            return None
        except Exception as error:  # noqa: BLE001 - told to the user; logged by describe_fault
            self.activity, self.message = "", describe_fault(error)
            return None
