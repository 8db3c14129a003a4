"""An editable label layer over a labelling: napari paints, the session keeps, undoes and redoes."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.editing import Kind
from napari_rsseg.errors import RssegError
from napari_rsseg.viewer.strokes import operation_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Labels

    from napari_rsseg.editing import Change
    from napari_rsseg.panels.labelling import Labelling
    from napari_rsseg.scenes.windows import Window

__all__ = ["EditLayer"]


class EditLayer:
    """Keeps a layer and its labelling in step, and its history the session's; for the main thread.

    Parameters
    ----------
    layer : Labels
        Of the size of the window; its data are a copy of the labels there.
    labelling : Labelling
        What is edited.
    window : Window
        What of the scene the layer holds.
    tell : callable
        Told, in words, what could not be done, and what undo and redo did.

    Attributes
    ----------
    layer, labelling, window : Labels, Labelling, Window
        As given; the window moves by ``move``.
    """

    def __init__(
        self, layer: Labels, labelling: Labelling, window: Window, tell: Callable[[str], object]
    ) -> None:
        self.layer, self.labelling, self.window = layer, labelling, window
        self._tell = tell
        self._waiting: deque[Window] = deque()  # changed on other threads
        self._is_own = False
        self._forget_napari_history()
        layer.events.paint.connect(self._take_stroke)
        # napari's keys and menus call these; its own would write pixels that no journal knows
        layer.undo, layer.redo = self.undo, self.redo
        labelling.changed.connect(self._follow)

    @property
    def is_painting(self) -> bool:
        """Whether a stroke is under way, which holds places of the layer as it is."""
        return bool(self.layer._staged_history)

    def close(self) -> None:
        """Follow the labelling no longer."""
        self.labelling.changed.disconnect(self._follow)

    def _forget_napari_history(self) -> None:
        """Keep napari from holding up to a hundred steps of whole layers that nobody can ask for."""
        self.layer._history_limit = 0
        mode = self.layer.mode
        self.layer.editable = False  # the public way to begin a new history
        self.layer.editable = True
        self.layer.mode = mode

    def move(self, window: Window) -> None:
        """Hold another part of the scene, of the same size."""
        self.window = window
        self.show(window)

    # from napari to the session

    def _take_stroke(self, event: Any) -> None:
        operation = operation_of(
            event.value, str(self.layer.mode), (self.window.row_start, self.window.column_start)
        )
        if operation is None:
            return
        self._is_own = True
        try:
            self.labelling.paint(operation)
            if not self._agrees(operation.window):
                self.show(operation.window)  # some of it may not be painted over
                self._waiting.append(operation.window)  # napari fills after this event
        except RssegError as error:
            self._tell(str(error))
            self._waiting.append(operation.window)  # what was not journalled was not painted
        finally:
            self._is_own = False

    def _agrees(self, window: Window) -> bool:
        """Return whether the layer shows what the session has in a window."""
        inside = window.intersection(self.window)
        shown = self.layer.data[inside.within(self.window).slices]
        return np.array_equal(shown, self.labelling.read_labels(inside))

    def undo(self) -> None:
        """Take the last step back, wherever in the scene it was."""
        self._go(self.labelling.undo, "Nothing to undo.")

    def redo(self) -> None:
        """Do the last step that was taken back again."""
        self._go(self.labelling.redo, "Nothing to redo.")

    def _go(self, act: Callable[[], Change | None], nothing: str) -> None:
        try:
            change = act()
        except RssegError as error:
            self._tell(str(error))
            return
        if change is None:
            self._tell(nothing)
        elif not self.window.contains(change.window):
            verb = "Undone" if change.kind is Kind.UNDO else "Done again"
            self._tell(
                f"{verb}: {change.tool} of {change.pixels} pixels around row {change.window.row_start}, "
                f"column {change.window.column_start}, outside of what is shown for painting."
            )

    # from the session to napari

    def _follow(self, change: Change) -> None:
        if self._is_own and threading.current_thread() is threading.main_thread():
            return  # the layer has it already
        self._waiting.append(change.window)
        if threading.current_thread() is threading.main_thread():
            self.flush()

    def flush(self) -> bool:
        """Show what was changed elsewhere, unless a stroke is under way; return whether anything was."""
        if not self._waiting or self.is_painting:
            return False
        for _ in range(len(self._waiting)):
            self._copy(self._waiting.popleft())
        self.layer.refresh()
        return True

    def show(self, window: Window) -> None:
        """Show a window of the scene as the session has it."""
        self._copy(window)
        self.layer.refresh()

    def _copy(self, window: Window) -> None:
        inside = window.intersection(self.window)
        if not inside.is_empty:
            place = inside.within(self.window).slices
            self.layer.data[place] = self.labelling.read_labels(inside)
