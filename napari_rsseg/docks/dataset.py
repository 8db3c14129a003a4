"""The Dataset page: a thin view of its panel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QHeaderView,
    QLineEdit,
    QProgressBar,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_rsseg.datasets.exporting import FORMATS
from napari_rsseg.datasets.splitting import SPLITS
from napari_rsseg.docks.parts.card_window import CardWindow
from napari_rsseg.docks.parts.controls import button, choose, combo, row, say, text
from napari_rsseg.docks.parts.refresher import Refresher
from napari_rsseg.docks.parts.section import section

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtGui import QShowEvent

    from napari_rsseg.panels.dataset import DatasetPanel

__all__ = ["DatasetPage"]

_MARGIN_PX = 8
_LARGEST_PX = 8192


class DatasetPage(QWidget):
    """Shows a DatasetPanel.

    Parameters
    ----------
    panel : DatasetPanel
        State and commands.
    """

    def __init__(self, panel: DatasetPanel) -> None:
        super().__init__()
        self._panel = panel
        self._card: CardWindow | None = None
        self._make_import()
        self._make_version()
        self._make_versions()
        self._make_progress()
        self._lay_out()
        self._refresher = Refresher(self.refresh, self, interval_ms=30)
        panel.events.connect(self._refresher.ask)
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Look at what is there each time the page is opened."""
        super().showEvent(event)
        self._panel.refresh()

    def _make_import(self) -> None:
        panel = self._panel
        self.images = _line(
            "Images", "An image, or a folder of images.", lambda words: _set(panel, "images", words)
        )
        self.masks = _line(
            "Masks",
            "A mask, a folder of masks, or a set of COCO, GeoPackage, GeoJSON, Parquet or STAC.",
            lambda words: _set(panel, "masks", words),
        )
        self.browse_images = button(
            "Images…", "Pick the folder of images.", lambda: self._browse(self.images)
        )
        self.browse_masks = button("Masks…", "Pick the folder of masks.", lambda: self._browse(self.masks))
        self.id_map = _line(
            "What values mean",
            "Such as 255=landslide,64=cloud shadow,(255,0,255)=cloud,9=ignore; empty: values are class ids.",
            lambda words: _set(panel, "id_map", words),
        )
        self.id_map.setPlaceholderText("255=landslide")
        self.tolerance = _number(
            "Tolerance", "How far values may lie from the named ones, as at blurred edges.", (0, 255),
            lambda value: _set(panel, "tolerance", value),
        )  # fmt: skip
        self.import_set = button(
            "Import", "Take these labels into the project; what people corrected there stays.",
            panel.import_set,
        )  # fmt: skip

    def _make_version(self) -> None:
        panel = self._panel
        self.chip = _number(
            "Chip", "Side of the chips in pixels.", (16, _LARGEST_PX),
            lambda value: panel.set_option("chip_px", value),
        )  # fmt: skip
        self.overlap = _number(
            "Overlap", "Pixels that neighbouring chips have in common.", (0, _LARGEST_PX - 1),
            lambda value: panel.set_option("overlap_px", value),
        )  # fmt: skip
        self.split = _line(
            "Split", "Shares of train, val and test in per cent.",
            lambda words: panel.set_option("split", words),
        )  # fmt: skip
        self.seed = _number(
            "Seed", "Draws the lots.", (0, 2**31 - 1), lambda value: panel.set_option("seed", value)
        )
        self.look = button(
            "Look", "Show how many pixels of each class the next version would hold.", panel.look
        )
        self.balance = _table("Balance of classes", ("", *SPLITS))
        self.notes = text("Notes about the version")
        self.make = button("Make version", "Freeze what is reviewed; a version never changes.", panel.make)

    def _make_versions(self) -> None:
        panel = self._panel
        self.versions = combo("Version", "The versions of this project.", {})
        self.versions.currentIndexChanged.connect(
            lambda _: _set(panel, "chosen", self.versions.currentData() or "")
        )
        self.show_card = button("Show card", "Read what the version is made of, and by whom.", self.open_card)
        self.form = combo("Layout", "What the version is exported for.", {
            name: f"{name}: {layout.title}" for name, layout in FORMATS.items()
        })  # fmt: skip
        self.form.currentIndexChanged.connect(lambda _: _set(panel, "form", self.form.currentData()))
        self.export = button("Export…", "Write the version into a new folder.", self.ask_where_to_export)

    def _make_progress(self) -> None:
        self.activity = text("What is going on")
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Progress of the data set")
        self.cancel = button("Cancel", "Stop what is going on.", self._panel.cancel)
        self.message = text("Message about the data set")
        self.message.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        brought = _form(("Map", self.id_map), ("Tolerance", self.tolerance))
        brought.insertRow(0, row(self.masks, self.browse_masks))
        brought.insertRow(0, row(self.images, self.browse_images))
        brought.addRow(self.import_set)
        folded = QWidget()
        folded.setLayout(brought)
        self.import_section = section("Import labels", folded)
        options = _form(
            ("Chip", self.chip), ("Overlap", self.overlap), ("Split", self.split), ("Seed", self.seed)
        )
        for widget in (self.look, self.balance, self.notes, self.make):
            options.addRow(widget)
        column.addWidget(self.import_section)
        column.addLayout(options)
        column.addLayout(row(self.versions, self.show_card))
        column.addLayout(row(self.form, self.export))
        column.addWidget(self.activity)
        column.addLayout(row(self.progress, self.cancel))
        column.addWidget(self.message)
        column.addStretch()

    def _browse(self, line: QLineEdit) -> None:
        path = QFileDialog.getExistingDirectory(self, line.accessibleName(), line.text())
        if path:
            line.setText(path)
            line.editingFinished.emit()

    def ask_where_to_export(self) -> None:
        """Let the user name the folder of an export."""
        version = self._panel.version
        start = "" if version is None else f"{version.name}_{self._panel.form}"
        path, _ = QFileDialog.getSaveFileName(self, "Export into a new folder", start)
        if path:
            self._panel.export(Path(path))

    def open_card(self) -> None:
        """Show the card of the chosen version in its window."""
        version = self._panel.version
        if version is not None:
            if self._card is None:
                self._card = CardWindow(self, "Data card")
            self._card.show_page((version.folder / "README.md").read_text(encoding="utf-8"))

    def refresh(self) -> None:
        """Show the panel as it is now."""
        panel, idle = self._panel, not self._panel.activity
        for line, words in (
            (self.images, panel.images), (self.masks, panel.masks), (self.id_map, panel.id_map),
            (self.split, panel.split),
        ):  # fmt: skip
            if line.text() != words and not line.hasFocus():
                line.setText(words)
        for box, value in (
            (self.tolerance, panel.tolerance), (self.chip, panel.chip_px), (self.overlap, panel.overlap_px),
            (self.seed, panel.seed),
        ):  # fmt: skip
            box.setValue(value)
        self.import_set.setEnabled(panel.can_import)
        self.look.setEnabled(idle)
        self.make.setEnabled(panel.can_make)
        self._show_balance()
        say(self.notes, "\n".join(panel.notes))
        self._show_versions()
        choose(self.form, panel.form)
        for widget in (self.show_card, self.export):
            widget.setEnabled(panel.version is not None and idle)
        say(self.activity, panel.activity)
        for part in (self.progress, self.cancel):
            part.setVisible(not idle)
        self.progress.setRange(0, panel.total)  # 0 to 0 moves to and fro
        self.progress.setValue(panel.done)
        say(self.message, panel.message)

    def _show_balance(self) -> None:
        rows = self._panel.balance
        self.balance.setVisible(bool(rows))
        self.balance.setRowCount(len(rows))
        for number, entry in enumerate(rows):
            for column, words in enumerate((entry.name, *(f"{count:,}" for count in entry.counts))):
                item = QTableWidgetItem(words)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.balance.setItem(number, column, item)
        height = self.balance.horizontalHeader().sizeHint().height() + 2 * self.balance.frameWidth()
        self.balance.setFixedHeight(
            height + sum(self.balance.rowHeight(number) for number in range(len(rows)))
        )

    def _show_versions(self) -> None:
        panel = self._panel
        wanted = [(version.hash, f"{version.name}, {version.made_at[:10]}") for version in panel.versions]
        shown = [
            (self.versions.itemData(index), self.versions.itemText(index))
            for index in range(self.versions.count())
        ]
        if shown != wanted:
            self.versions.blockSignals(True)
            self.versions.clear()
            for key, words in wanted:
                self.versions.addItem(words, key)
            self.versions.blockSignals(False)
        if panel.chosen:
            choose(self.versions, panel.chosen)
        folder = "" if panel.version is None else f" Chosen: {panel.version.folder}"
        self.versions.setToolTip(f"The versions of this project.{folder}")


def _set(panel: DatasetPanel, name: str, value: str | int) -> None:
    setattr(panel, name, value)


def _line(name: str, tooltip: str, on_change: Callable[[str], object]) -> QLineEdit:
    made = QLineEdit()
    made.setAccessibleName(name)
    made.setToolTip(tooltip)
    made.setPlaceholderText(name)
    made.editingFinished.connect(lambda: on_change(made.text().strip()))
    return made


def _number(name: str, tooltip: str, limits: tuple[int, int], on_change: Callable[[int], object]) -> QSpinBox:
    made = QSpinBox()
    made.setAccessibleName(name)
    made.setToolTip(tooltip)
    made.setRange(*limits)
    made.setKeyboardTracking(False)
    made.valueChanged.connect(on_change)
    return made


def _table(name: str, columns: tuple[str, ...]) -> QTableWidget:
    made = QTableWidget(0, len(columns))
    made.setAccessibleName(name)
    made.setHorizontalHeaderLabels(list(columns))
    made.verticalHeader().setVisible(False)
    made.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    made.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    return made


def _form(*rows: tuple[str, QWidget]) -> QFormLayout:
    made = QFormLayout()
    made.setContentsMargins(0, 0, 0, 0)
    for words, widget in rows:
        made.addRow(words, widget)
    return made
