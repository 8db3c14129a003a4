"""Keys on the canvas for correcting: tools, classes, and labels hidden while a key is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

    from napari_rsseg.panels.correct import CorrectPanel

__all__ = ["ToolKeys", "key_name"]

_MODIFIERS = (
    (Qt.KeyboardModifier.ControlModifier, "Ctrl+"),
    (Qt.KeyboardModifier.AltModifier, "Alt+"),
    (Qt.KeyboardModifier.ShiftModifier, "Shift+"),
)
_DIGITS = range(Qt.Key.Key_0.value, Qt.Key.Key_9.value + 1)


def key_name(event: QKeyEvent) -> str:
    """Return a key with its modifiers, as settings write it: ``Ctrl+Shift+R``."""
    held = "".join(words for modifier, words in _MODIFIERS if event.modifiers() & modifier)
    return held + QKeySequence(event.key()).toString()


class ToolKeys(QObject):
    """Gives keys on the canvas to the Correct page before napari sees them.

    Parameters
    ----------
    canvas : QWidget
        Where keys are pressed.
    is_active : callable
        Whether keys are to be taken now.
    panel : CorrectPanel
        What they command.
    parent : QObject
        When it is destroyed, the canvas is as it was.
    """

    def __init__(
        self, canvas: QWidget, is_active: Callable[[], bool], panel: CorrectPanel, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._is_active, self._panel = is_active, panel
        self._hiding = 0  # the key that is held
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a key that is ours; all else goes its way."""
        kind = event.type()
        if kind in (QEvent.Type.FocusOut, QEvent.Type.WindowDeactivate):
            self._show_again()  # its release goes elsewhere
        if not isinstance(event, QKeyEvent):
            return False
        if kind == QEvent.Type.KeyRelease:
            return self._release(event)
        if not self._is_active():
            return False
        if kind == QEvent.Type.ShortcutOverride and self._action(event) is not None:
            event.accept()  # else a menu of the same key would take it
            return True
        if kind != QEvent.Type.KeyPress:
            return False
        action = self._action(event)
        if action is not None and not event.isAutoRepeat():
            action()
        return action is not None

    def _action(self, event: QKeyEvent) -> Callable[[], object] | None:
        """Return what a key does; None where it is not ours."""
        panel, name = self._panel, key_name(event)
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and event.key() in _DIGITS:
            digit = event.key() - Qt.Key.Key_0.value
            return lambda: panel.choose_class(digit)
        if panel.preview is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return panel.apply_preview
        if panel.preview is not None and event.key() == Qt.Key.Key_Escape:
            return panel.drop_preview
        command = next((command for command, key in panel.keys.items() if key == name), None)
        commands: dict[str, Callable[[], object]] = {
            "hide": lambda: self._hide(event.key()),
            "provenance": lambda: setattr(panel, "shows_provenance", not panel.shows_provenance),
            "next_date": lambda: panel.show_date(1),
            "previous_date": lambda: panel.show_date(-1),
            "flicker": lambda: panel.show_date(0),
            "undo": panel.undo,
            "redo": panel.redo,
        }
        if command is None:
            return None
        return commands.get(command, lambda: panel.choose_tool(command))

    def _hide(self, key: int) -> None:
        self._hiding, self._panel.hides_labels = key, True

    def _release(self, event: QKeyEvent) -> bool:
        if not self._hiding or event.key() != self._hiding or event.isAutoRepeat():
            return False
        self._show_again()
        return True

    def _show_again(self) -> None:
        if self._hiding:
            self._hiding, self._panel.hides_labels = 0, False
