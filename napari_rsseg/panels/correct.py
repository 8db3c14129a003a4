"""Commands of the Correct page; knows neither Qt nor napari."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.editing.tools import OnlyOver, clipped
from napari_rsseg.errors import RssegError
from napari_rsseg.panels.active_time import ActiveTime
from napari_rsseg.panels.correct_state import CorrectState
from napari_rsseg.panels.correct_tools import Situation, tool_of
from napari_rsseg.panels.correct_view import CorrectView
from napari_rsseg.panels.tool_keys import bind_key, reset_keys
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.editing import Change, Operation
    from napari_rsseg.panels.correct_options import CorrectOptions
    from napari_rsseg.panels.correct_site import CorrectSite
    from napari_rsseg.panels.correct_tools import CorrectTool
    from napari_rsseg.panels.labelling import Labelling
    from napari_rsseg.scenes.scene import Scene

__all__ = ["CorrectPanel"]

_NO_LABELS = "There are no labels to correct. Press Segment, or New labels among the classes."
_TIMED_PX = 512
"""Active time is told apart by windows of this side."""


@dataclass
class CorrectPanel(CorrectState):
    """Commands of the Correct page over its state; takes the same arguments.

    Fields are set on the main thread, and on that of the background where a view is divided.
    """

    def __post_init__(self) -> None:
        self._followed: Labelling | None = None
        self._site: CorrectSite | None = None
        self._view = CorrectView(self)
        self._time: ActiveTime[tuple[Window, int]] = ActiveTime()
        self._timed: CorrectSite | None = None
        self._shown: Window | None = None
        self.prompting.events.is_on.connect(self._follow_prompting)

    # what is chosen

    @property
    def chosen(self) -> CorrectTool:
        """The tool that is chosen."""
        return tool_of(self.tool)

    def choose_tool(self, key: str) -> None:
        """Take a tool; one that needs no pointing does its work at once, and the last one stays chosen."""
        tool = tool_of(key)
        self.drop_preview()
        if tool.gesture == "none":
            self._do(tool, np.empty((0, 2)))
            return
        self.message = ""
        if (tool.gesture == "prompt") != self.prompting.is_on:
            self.prompting.toggle()
            if tool.gesture == "prompt" and not self.prompting.is_on:
                self.message = self.prompting.message
                return
        self.tool = key
        self.armed.emit()
        self._view.divide()

    def _follow_prompting(self, is_on: bool) -> None:
        """Take prompts for the tool when they begin elsewhere, and the last one for none when they end."""
        if is_on != (self.chosen.gesture == "prompt"):
            self.tool = "prompts" if is_on else "move"
            self.armed.emit()

    def choose_class(self, class_id: int) -> None:
        """Paint another class from now on; ids that the scheme lacks are left aside."""
        site = self.find_site()
        if site is not None and class_id < len(site.scheme.classes):
            self.class_id = class_id
            self._touch()

    def choose_over(self, over: OnlyOver) -> None:
        """Paint only over some classes, or where the model was in doubt."""
        self.over = over

    def choose_options(self, options: CorrectOptions) -> None:
        """Take other settings of the tools; a preview is made anew."""
        self.options = options
        self._view.divide()
        if self.preview is not None:
            self._do(tool_of("drop_specks"), np.empty((0, 2)))

    def choose_key(self, name: str, key: str) -> None:
        """Give a tool or command another key."""
        try:
            self.keys = bind_key(name, key)
            self.message = f"{key} is the new key."
        except RssegError as error:
            self.message = str(error)

    def reset_keys(self) -> None:
        """Return to the keys as shipped."""
        try:
            self.keys = reset_keys()
        except RssegError as error:
            self.message = str(error)

    # what is done

    def point(self, places: npt.NDArray[np.float64]) -> None:
        """Do what the chosen tool does where a person pointed.

        Parameters
        ----------
        places : ndarray, (n, 2), float
            Rows and columns of the scene; one for a click.
        """
        if len(places):
            self._do(self.chosen, places)

    def accept_window(self) -> None:
        """Agree with the rest of the window that is looked at."""
        self._do(tool_of("accept"), np.empty((0, 2)))

    def apply_preview(self) -> None:
        """Do what is shown."""
        operation, self.preview = self.preview, None
        site = self.follow_site()
        if operation is not None and site is not None:
            self._apply(site, operation)

    def drop_preview(self) -> None:
        """Do not do what is shown."""
        if self.preview is not None:
            self.preview, self.message = None, ""

    def undo(self) -> None:
        """Take the last step back."""
        self._step_back("undo")

    def redo(self) -> None:
        """Do the last step that was taken back again."""
        self._step_back("redo")

    def show_date(self, by: int) -> None:
        """Show another date of the place: the next (1), the previous (-1), or the one seen before (0)."""
        self.message = self.step_date(by) if by else self.flicker()

    def _step_back(self, which: str) -> None:
        site = self.follow_site()
        if site is None:
            self.message = _NO_LABELS
            return
        self.drop_preview()
        try:
            change = site.labelling.undo() if which == "undo" else site.labelling.redo()
        except RssegError as error:
            self.message = str(error)
            return
        done = "taken back" if which == "undo" else "done again"
        nothing = f"There is nothing to {which}."
        self.message = (
            nothing if change is None else f"{change.tool.capitalize()} {done}: {change.pixels} pixels."
        )

    def _clip(self, operation: Operation) -> Operation | None:
        """Return the part of a stroke that may be painted; None where nothing is left."""
        site = self.find_site()
        return operation if site is None else clipped(operation, site.ground, self.over)

    def _do(self, tool: CorrectTool, places: npt.NDArray[np.float64]) -> None:
        site, window = self.follow_site(), self.find_window()
        if tool.takes_review:
            window = self.find_review() or window
        if site is None or window is None or tool.make is None:
            self.message = _NO_LABELS
            return
        try:
            situation = self._situation(site, window, tool, places)
            made = None if situation is None else tool.make(situation)
            if situation is None:
                return
            over = OnlyOver() if tool.chooses_objects else self.over
            cut = None if made is None else clipped(made, site.ground, over)
        except RssegError as error:
            self.message = str(error)
            return
        if cut is None:
            self.preview, self.message = None, _nothing_words(tool, self.over)
        elif tool.is_previewed:
            count = int(np.count_nonzero(cut.where))
            self.preview = cut
            self.message = f"{count} pixels would change. Enter applies it, Esc drops it."
        else:
            self._apply(site, cut)

    def _situation(
        self, site: CorrectSite, window: Window, tool: CorrectTool, places: npt.NDArray[np.float64]
    ) -> Situation | None:
        """Return what a tool works with; None, and what is missing as the message."""
        situation = Situation(
            site.ground, site.scheme, site.scene.gsd_m, places, self.class_id, window, self.options, self.over
        )
        if tool.needs_superpixels:
            if self.superpixels is None or self.activity:
                self.message = "The view is being divided into superpixels. Try again in a moment."
                self._view.divide()
                return None
            situation = replace(situation, superpixels=self.superpixels)
        if tool.needs_picture:
            seen = self._view.look(site, window)
            if seen is None:
                return None
            situation = replace(situation, seen=seen)
        if tool.needs_other:
            others = self.find_others()
            if not others:
                self.message = "There are no other labels of this place. Open another date, or other labels."
                return None
            situation = replace(situation, other=others.get(self.other, next(iter(others.values()))))
        return situation

    def _apply(self, site: CorrectSite, operation: Operation) -> None:
        try:
            change = site.labelling.apply(operation)
        except RssegError as error:
            self.message = str(error)
            return
        if change is None:
            self.message = "All of these pixels say so already."
            return
        self.message = (
            f"{operation.tool.capitalize()}: {change.pixels} pixels. {self.keys['undo']} takes it back."
        )

    # the labels

    def follow_site(self) -> CorrectSite | None:
        """Return the labels that are corrected now, and follow their changes from here on."""
        site = self.find_site()
        labelling = None if site is None else site.labelling
        if labelling is not self._followed:
            self.keep_time()
            if self._followed is not None:
                self._followed.changed.disconnect(self._take_change)
            self._followed = labelling
            if labelling is not None:
                labelling.changed.connect(self._take_change)
                labelling.clip = self._clip
            self.preview = None
        self._site = site
        self._tell_steps()
        return site

    def _tell_steps(self) -> None:
        site = self._site
        self.can_undo = site is not None and site.can_undo
        self.can_redo = site is not None and site.can_redo

    def _take_change(self, change: Change) -> None:
        self._tell_steps()
        self._touch(change.window)
        self.changed.emit()

    # active time

    def _touch(self, window: Window | None = None) -> None:
        """Note that something is done, where it was, and with which class."""
        place = self._shown if window is None else window
        site = self._site
        if place is not None and site is not None:
            self._timed = site
            self._time.touch((_timed_window(place, site.scene), self.class_id))

    def keep_time(self) -> None:
        """Write the active time since the last call into the project."""
        site = self._timed
        if site is None:
            return
        try:
            for (window, class_id), seconds in self._time.take().items():
                site.add_seconds(window, class_id, seconds)
        except RssegError as error:
            self.message = str(error)

    # the view

    def look_at(self, shown: Window | None) -> None:
        """Follow the view once it rests, so that superpixels are those of what is seen."""
        rests, moved, self._shown = shown == self._shown, shown != self._shown, shown
        if rests:
            self._view.divide()
        elif moved and shown is not None:
            self._touch()


def _timed_window(window: Window, scene: Scene) -> Window:
    """Return the window of the grid around the middle of a place."""
    row = min(max((window.row_start + window.row_stop) // 2, 0), scene.height - 1) // _TIMED_PX * _TIMED_PX
    column = (window.column_start + window.column_stop) // 2
    column = min(max(column, 0), scene.width - 1) // _TIMED_PX * _TIMED_PX
    around = Window(row, row + _TIMED_PX, column, column + _TIMED_PX)
    return around.intersection(Window.of(scene.height, scene.width))


def _nothing_words(tool: CorrectTool, over: OnlyOver) -> str:
    """Return why nothing changes, in words."""
    if tool.key == "accept":
        return "There is nothing to accept here: no pixel is a model's that nobody reviewed."
    if over != OnlyOver():
        return "Nothing changes: all of it is kept back by what may be painted over."
    return "Nothing changes there."
