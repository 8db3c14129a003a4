"""Keys on the canvas that napari or Qt would take for something else while prompts are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qtpy.QtWidgets import QWidget

__all__ = ["CanvasKeys"]


class CanvasKeys(QObject):
    """Calls what belongs to a key, before the canvas sees it; Tab would leave the canvas otherwise.

    Parameters
    ----------
    canvas : QWidget
        Where keys are pressed.
    is_active : callable
        Whether keys are to be taken now.
    actions : mapping
        What to call, by the name of the key as Qt writes it.
    parent : QObject
        When it is destroyed, the canvas is as it was.
    """

    def __init__(
        self,
        canvas: QWidget,
        is_active: Callable[[], bool],
        actions: Mapping[str, Callable[[], object]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._is_active, self._actions = is_active, actions
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a key that is ours; all else goes its way."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress or not self._is_active():
            return False
        action = self._actions.get(_name(event))
        if action is None:
            return False
        action()
        return True


def _name(event: QKeyEvent) -> str:
    """Return the key as Qt writes it; that of the keypad and the large Enter are one."""
    key = Qt.Key.Key_Enter if event.key() == Qt.Key.Key_Return else event.key()
    if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return QKeySequence(key).toString()
    return f"Ctrl+{QKeySequence(key).toString()}"
