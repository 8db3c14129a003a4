"""The Classes form: names, colours and meanings of the task's classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFormLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from napari_rsseg.docks.parts.class_words import class_hover, swatch
from napari_rsseg.docks.parts.controls import button, combo, row
from napari_rsseg.docks.parts.refresher import Refresher
from napari_rsseg.panels.outcome import smallest_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.panels.classes import ClassesPanel

__all__ = ["ClassesForm"]


class ClassesForm(QWidget):
    """Shows a ClassesPanel.

    Parameters
    ----------
    panel : ClassesPanel
        State and commands.
    on_file, on_new_labels : callable
        Let the user pick a file of classes; add empty labels to paint on.
    """

    def __init__(
        self, panel: ClassesPanel, *, on_file: Callable[[], None], on_new_labels: Callable[[], None]
    ) -> None:
        super().__init__()
        self._panel = panel
        self.palette_list = combo("Palette", "Colours of the classes: ours, or those of the papers.", {})
        self.palette_list.activated.connect(
            lambda index: panel.choose_palette(self.palette_list.itemText(index))
        )
        self.classes = QListWidget()
        self.classes.setAccessibleName("Classes of the task")
        self.classes.setToolTip("Rest the pointer on a class to read what it means.")
        self.classes.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.from_file = button(
            "Classes from file…", "Take names, colours and definitions from a TOML file.", on_file
        )
        self.new_labels = button(
            "New labels", "Add an empty label layer of these classes, to paint by hand.", on_new_labels
        )
        self._shown: Scheme | None = None
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Palette", self.palette_list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form)
        column.addWidget(self.classes)
        column.addLayout(row(self.from_file, self.new_labels))
        self._refresher = Refresher(self.refresh, self, interval_ms=30)
        events = panel.segment.events
        for signal in (events.task, events.looks, events.scenes, events.run_state):
            signal.connect(self._refresher.ask)
        self.refresh()

    def refresh(self) -> None:
        """Show the classes as they are now."""
        segment, scheme = self._panel.segment, self._panel.scheme
        idle = segment.run_state == "idle"
        self.from_file.setEnabled(idle)
        self.new_labels.setEnabled(idle and segment.scene is not None)
        if scheme == self._shown:
            return
        self._shown = scheme
        self.palette_list.clear()
        self.palette_list.addItems(self._panel.palettes)
        self.palette_list.setCurrentText(self._panel.palette)
        self.classes.clear()
        for definition in scheme.classes:
            item = QListWidgetItem(swatch(definition.colour), definition.name)
            note = smallest_words(definition.minimum_mapping_unit_m2)
            item.setToolTip(class_hover(definition.name, definition.definition, note, definition.example))
            item.setData(
                Qt.ItemDataRole.AccessibleDescriptionRole,
                " ".join(filter(None, (definition.definition, note))),
            )
            self.classes.addItem(item)
        height = sum(self.classes.sizeHintForRow(index) for index in range(self.classes.count()))
        self.classes.setFixedHeight(min(height, 160) + 2 * self.classes.frameWidth())
