"""Class areas as a table with colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from napari_rsseg.docks.parts.class_words import class_hover, swatch

if TYPE_CHECKING:
    from napari_rsseg.panels.outcome import ShownArea

__all__ = ["AreaTable"]


class AreaTable(QTableWidget):
    """Name, hectares and share of each class; hover shows the class's definition."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self.setHorizontalHeaderLabels(["Class", "ha", "%"])
        self.setAccessibleName("Class areas")
        self.setToolTip(
            "Area of each class in the segmented region, as the labels stood at the end of the run."
        )
        self.verticalHeader().setVisible(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self._shown: tuple[ShownArea, ...] | None = None
        self.setVisible(False)

    def show_areas(self, areas: tuple[ShownArea, ...]) -> None:
        """Show areas; hidden where there are none."""
        if areas == self._shown:
            return
        self._shown = areas
        self.setVisible(bool(areas))
        self.setRowCount(len(areas))
        for row, area in enumerate(areas):
            hectares = f"{area.pixels:,} px" if area.hectares is None else f"{area.hectares:,.1f}"
            for column, text in enumerate((area.name, hectares, f"{area.percent:.1f}")):
                item = QTableWidgetItem(text)
                item.setToolTip(class_hover(area.name, area.definition, area.note, area.example))
                if column == 0:
                    item.setIcon(swatch(area.colour))
                else:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)
        self.resizeRowsToContents()
        height = self.horizontalHeader().height() + sum(self.rowHeight(row) for row in range(len(areas)))
        self.setFixedHeight(height + 2 * self.frameWidth())
