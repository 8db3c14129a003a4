"""The list of windows: only what is on screen is read, however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QListView

from napari_rsseg.review import STATE_COLOURS

if TYPE_CHECKING:
    from napari_rsseg.panels.review import ReviewPanel
    from napari_rsseg.review import QueueEntry

__all__ = ["WindowList", "WindowModel"]

_PAGE = 128
_MOST_PAGES = 64
_NOWHERE = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


class WindowModel(QAbstractListModel):
    """Windows of a panel's queue in its order, read a page at a time.

    Parameters
    ----------
    panel : ReviewPanel
        Whose queue.
    """

    def __init__(self, panel: ReviewPanel) -> None:
        super().__init__()
        self._panel = panel
        self._ids: tuple[int, ...] = panel.ids
        self._pages: dict[int, list[QueueEntry]] = {}

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Return the number of windows."""
        return 0 if parent.isValid() else len(self._ids)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the words or the colour of a window."""
        wanted = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.DecorationRole)
        if not index.isValid() or role not in wanted:
            return None
        entry = self._entry(index.row())
        if entry is None:
            return None
        if role == Qt.ItemDataRole.DecorationRole:
            return QColor(STATE_COLOURS[entry.state])
        marks = [
            entry.state.value,
            *(["blind"] if entry.is_blind else []),
            *(["gold"] if entry.is_gold else []),
        ]
        said = f" · {entry.comments} comments" if entry.comments else ""
        return f"{entry.id} · {entry.window} · {', '.join(marks)}{said}"

    def _entry(self, row: int) -> QueueEntry | None:
        number = row // _PAGE
        if number not in self._pages:
            if len(self._pages) >= _MOST_PAGES:
                self._pages.pop(next(iter(self._pages)))
            self._pages[number] = self._panel.entries(number * _PAGE, (number + 1) * _PAGE)
        page = self._pages[number]
        return page[row % _PAGE] if row % _PAGE < len(page) else None

    def follow(self) -> None:
        """Show the queue as it is now."""
        self._pages.clear()
        if self._panel.ids is not self._ids:
            self.beginResetModel()
            self._ids = self._panel.ids
            self.endResetModel()
        elif self._ids:
            self.dataChanged.emit(self.index(0), self.index(len(self._ids) - 1))


class WindowList(QListView):
    """Shows a WindowModel; a click brings a window on screen.

    Parameters
    ----------
    panel : ReviewPanel
        Whose queue.
    """

    def __init__(self, panel: ReviewPanel) -> None:
        super().__init__()
        self._panel = panel
        self.windows = WindowModel(panel)
        self.setModel(self.windows)
        self.setUniformItemSizes(True)  # else every window is measured
        self.setMinimumHeight(180)
        self.setAccessibleName("Windows to review")
        self.setToolTip("Windows in the chosen order, with their states; click one to go there.")
        self.clicked.connect(self._go)
        self.activated.connect(self._go)

    def _go(self, index: QModelIndex) -> None:
        self._panel.go(self._panel.ids[index.row()])

    def follow(self) -> None:
        """Show the queue as it is now, with the window on screen marked."""
        self.windows.follow()
        place = self._panel.place_of(self._panel.current)
        if place >= 0 and self.currentIndex().row() != place:
            index = self.windows.index(place)
            self.setCurrentIndex(index)
            self.scrollTo(index)
