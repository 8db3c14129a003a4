"""The list of models, those that cannot run included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QListWidget, QListWidgetItem, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.panels.model_choices import ModelChoice, ModelState

__all__ = ["ModelList"]

_HEIGHT_PX = 88  # three titles of two lines; more scroll
_MARKS: dict[ModelState, str] = {
    "ready": "",
    "unfit": " (does not fit)",
    "missing": " (get weights)",
    "broken": " (damaged)",
}


class ModelList(QListWidget):
    """One line per model; any line can be picked, so that the reason beside it can be read by keyboard."""

    def __init__(self, on_chosen: Callable[[str], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Models")
        self.setToolTip("Models of the task. Pick a grey line to read why it cannot run and what to do.")
        self.setWordWrap(True)
        self.setFixedHeight(_HEIGHT_PX)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._shown: tuple[ModelChoice, ...] | None = None
        self._on_chosen = on_chosen
        self.currentItemChanged.connect(self._tell)

    def show_models(self, models: tuple[ModelChoice, ...], chosen: str) -> None:
        """Show the models, with one of them picked."""
        self.blockSignals(True)
        if models != self._shown:
            self._shown = models
            self.clear()
            for choice in models:
                self.addItem(_line(choice))
        for row, choice in enumerate(models):
            if choice.name == chosen:
                self.setCurrentRow(row)
        self.blockSignals(False)

    def _tell(self, item: QListWidgetItem | None, before: QListWidgetItem | None = None) -> None:
        if item is not None:
            self._on_chosen(str(item.data(Qt.ItemDataRole.UserRole)))


def _line(choice: ModelChoice) -> QListWidgetItem:
    item = QListWidgetItem(choice.title + _MARKS[choice.state])
    item.setData(Qt.ItemDataRole.UserRole, choice.name)
    item.setToolTip(choice.reason or choice.title)
    if choice.state != "ready":
        font = item.font()
        font.setItalic(True)
        item.setFont(font)
        item.setForeground(Qt.GlobalColor.gray)
    return item
