"""What a class means, where the pointer rests on its name in the legend on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QHelpEvent
from qtpy.QtWidgets import QToolTip, QWidget

from napari_rsseg.docks.parts.class_words import class_hover
from napari_rsseg.panels.outcome import smallest_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.classes.scheme import ClassDefinition

__all__ = ["LegendHover"]


class LegendHover(QObject):
    """Shows the same words and picture as the list of classes.

    Parameters
    ----------
    canvas : QWidget
        Where the legend is drawn.
    class_at : callable
        Returns the class named at x and y of the canvas; None where there is none.
    parent : QObject
        When it is destroyed, the canvas is as it was.
    """

    def __init__(
        self, canvas: QWidget, class_at: Callable[[float, float], ClassDefinition | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._canvas, self._class_at = canvas, class_at
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Answer when the pointer rests; all else goes its way."""
        if not isinstance(event, QHelpEvent) or event.type() != QEvent.Type.ToolTip:
            return False
        definition = self._class_at(event.pos().x(), event.pos().y())
        if definition is None:
            QToolTip.hideText()
            return False
        note = smallest_words(definition.minimum_mapping_unit_m2)
        words = class_hover(definition.name, definition.definition, note, definition.example)
        QToolTip.showText(event.globalPos(), words, self._canvas)
        return True
