"""What may be painted over: classes, and where the model was in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QDoubleSpinBox, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.docks.parts.class_words import swatch
from napari_rsseg.docks.parts.controls import row
from napari_rsseg.editing.tools import OnlyOver

if TYPE_CHECKING:
    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.panels.correct import CorrectPanel

__all__ = ["OverForm"]


class OverForm(QWidget):
    """Lets the user keep classes and certain pixels from being painted over.

    Parameters
    ----------
    panel : CorrectPanel
        What is told.
    """

    def __init__(self, panel: CorrectPanel) -> None:
        super().__init__()
        self._panel = panel
        self._filling = False
        self.classes = QListWidget()
        self.classes.setAccessibleName("Classes to paint over")
        self.classes.setToolTip(
            "Only ticked classes change, whatever the tool; region tools take these objects."
        )
        self.classes.itemChanged.connect(self._tell)
        self.doubt = QCheckBox("Only below confidence")
        self.doubt.setToolTip("Pixels of which the model was surer stay; region tools look at whole objects.")
        self.doubt.toggled.connect(self._tell)
        self.below = QDoubleSpinBox()
        self.below.setRange(0.0, 1.0)
        self.below.setSingleStep(0.05)
        self.below.setValue(0.7)
        self.below.setAccessibleName("Confidence")
        self.below.setToolTip("Confidence of the model, 0 to 1.")
        self.below.valueChanged.connect(self._tell)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.classes)
        column.addLayout(row(self.doubt, self.below))

    def show_scheme(self, scheme: Scheme) -> None:
        """Offer the classes of a scheme, all of them ticked."""
        self._filling = True
        self.classes.clear()
        entries = [(name.name, name.colour, number) for number, name in enumerate(scheme.classes)]
        for words, colour, number in (*entries, ("nothing said", "#808080", IGNORED)):
            item = QListWidgetItem(swatch(colour), words)
            item.setData(Qt.ItemDataRole.UserRole, number)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            self.classes.addItem(item)
        height = sum(self.classes.sizeHintForRow(index) for index in range(self.classes.count()))
        self.classes.setFixedHeight(min(height, 160) + 2 * self.classes.frameWidth())
        self._filling = False
        self._tell()

    def _tell(self, *_: object) -> None:
        if self._filling:
            return
        items = [self.classes.item(index) for index in range(self.classes.count())]
        ticked = frozenset(
            int(item.data(Qt.ItemDataRole.UserRole))
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        )
        below = self.below.value() if self.doubt.isChecked() else None
        over = OnlyOver(None if len(ticked) == len(items) else ticked, below)
        if over != self._panel.over:
            self._panel.choose_over(over)
