"""All models by task, with what tells them apart at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QFontMetrics
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_rsseg.panels.model_rows import ModelRow, RowState

__all__ = ["ModelTree"]

_HEIGHT_PX = 250
_PADDING_PX, _GAP_PX = 12, 4
_MARKS: dict[RowState, str] = {"installed": "", "missing": " (not here)", "broken": " (damaged)"}
_PROMPTS, _DAMAGED = "Answers prompts, or part of others", "Cannot be used"


class ModelTree(QTreeWidget):
    """A line per model under its task; any line can be chosen, missing and damaged ones too."""

    def __init__(self, on_chosen: Callable[[str], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderLabels(["Model", "IoU", "Size"])
        self.setAccessibleName("All models")
        self.setToolTip(
            "Models by task; the one in bold is what its task begins with. IoU: mean over classes on the "
            "first set of its card. Grey ones are not on this machine, or damaged."
        )
        self.setRootIsDecorated(False)
        self.setIndentation(10)
        self.setWordWrap(True)
        self.setFixedHeight(_HEIGHT_PX)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # else titles wrap to and fro
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.sectionResized.connect(self._wrap_titles)
        self._shown: tuple[ModelRow, ...] | None = None
        self._items: dict[str, QTreeWidgetItem] = {}
        self._on_chosen = on_chosen
        self.currentItemChanged.connect(self._tell)

    def show_rows(self, rows: tuple[ModelRow, ...], tasks: Mapping[str, str], chosen: str) -> None:
        """Show the rows under the titles of their tasks, with one of them chosen."""
        self.blockSignals(True)
        if rows != self._shown:
            self._shown = rows
            self._fill(rows, tasks)
        item = self._items.get(chosen)
        if item is not None and item is not self.currentItem():
            self.setCurrentItem(item)
        self.blockSignals(False)

    def _fill(self, rows: tuple[ModelRow, ...], tasks: Mapping[str, str]) -> None:
        self.clear()
        self._items = {}
        groups: dict[str, QTreeWidgetItem] = {}
        for row in sorted(rows, key=lambda row: _place(row, tuple(tasks))):
            title = _heading(row, tasks)
            if title not in groups:
                groups[title] = self._add_group(title)
            self._items[row.key] = _line(row)
            groups[title].addChild(self._items[row.key])
        self.expandAll()
        self._wrap_titles()

    def _wrap_titles(self, *_: object) -> None:
        """Give each line the height of its title; Qt itself would cut a title at the first line."""
        width = self.columnWidth(0) - self.indentation() - _PADDING_PX
        for item in self._items.values():
            metrics = QFontMetrics(item.font(0))
            box = metrics.boundingRect(0, 0, width, 10_000, Qt.TextFlag.TextWordWrap, item.text(0))
            item.setSizeHint(0, QSize(width, box.height() + _GAP_PX))
        self.scheduleDelayedItemsLayout()

    def _add_group(self, title: str) -> QTreeWidgetItem:
        group = QTreeWidgetItem(self, [title])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        group.setFirstColumnSpanned(True)
        return group

    def _tell(self, item: QTreeWidgetItem | None, before: QTreeWidgetItem | None = None) -> None:
        if item is not None and item.parent() is not None:
            self._on_chosen(str(item.data(0, Qt.ItemDataRole.UserRole)))


def _heading(row: ModelRow, tasks: Mapping[str, str]) -> str:
    if row.state == "broken":
        return _DAMAGED
    return tasks.get(row.task, row.task) if row.task else _PROMPTS


def _place(row: ModelRow, tasks: tuple[str, ...]) -> tuple[int, int, bool]:
    """Return where a row stands: by task, those that are here first, the default in front."""
    states: dict[RowState, int] = {"installed": 0, "missing": 1, "broken": 2}
    known = tasks.index(row.task) if row.task in tasks else len(tasks)
    return (len(tasks) + 1 if row.state == "broken" else known, states[row.state], not row.is_default)


def _line(row: ModelRow) -> QTreeWidgetItem:
    item = QTreeWidgetItem([row.title + _MARKS[row.state], row.figure, row.size])
    item.setData(0, Qt.ItemDataRole.UserRole, row.key)
    item.setToolTip(0, row.note or row.title)
    for column in (1, 2):
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    font = item.font(0)
    if row.is_default:
        font.setBold(True)
        item.setData(0, Qt.ItemDataRole.AccessibleDescriptionRole, "what its task begins with")
    if row.state != "installed":
        font.setItalic(True)
        for column in range(3):
            item.setForeground(column, Qt.GlobalColor.gray)
    item.setFont(0, font)
    return item
