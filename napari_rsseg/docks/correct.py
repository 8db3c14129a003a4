"""The Correct page: classes, tools and what they may change; a thin view of its panel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_rsseg.docks.parts.class_words import swatch
from napari_rsseg.docks.parts.controls import button, combo, say, text
from napari_rsseg.docks.parts.form import OptionsForm
from napari_rsseg.docks.parts.key_form import KeyForm
from napari_rsseg.docks.parts.over_form import OverForm
from napari_rsseg.docks.parts.refresher import Refresher
from napari_rsseg.docks.parts.section import section
from napari_rsseg.docks.prompts import PromptsForm
from napari_rsseg.editing.origins import provenance_words
from napari_rsseg.panels.correct_tools import CORRECT_TOOLS, tool_of
from napari_rsseg.viewer.provenance import PROVENANCE_COLOURS

if TYPE_CHECKING:
    from qtpy.QtGui import QShowEvent

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.panels.correct import CorrectPanel
    from napari_rsseg.panels.correct_options import CorrectOptions

__all__ = ["CorrectPage"]

_MARGIN_PX, _TOOL_COLUMNS = 8, 3


class CorrectPage(QWidget):
    """Shows a CorrectPanel.

    Parameters
    ----------
    panel : CorrectPanel
        State and commands.
    """

    def __init__(self, panel: CorrectPanel) -> None:
        super().__init__()
        self._panel = panel
        self._scheme: Scheme | None = None
        self._make_classes()
        self._make_tools()
        self._make_steps()
        self._lay_out()
        self._refresher = Refresher(self.refresh, self, interval_ms=30)
        panel.events.connect(self._refresher.ask)
        for signal in (panel.segment.events.task, panel.segment.events.looks, panel.segment.events.scenes):
            signal.connect(self._refresher.ask)
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Look at which labels there are each time the page is opened."""
        super().showEvent(event)
        self._panel.follow_site()
        self.refresh()

    def _make_classes(self) -> None:
        self.classes = QListWidget()
        self.classes.setAccessibleName("Active class")
        self.classes.setToolTip("The class that tools give; its digit chooses it on the canvas.")
        self.classes.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.classes.currentRowChanged.connect(self._choose_class)
        self.over = OverForm(self._panel)

    def _make_tools(self) -> None:
        panel = self._panel
        self.tools: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        for tool in CORRECT_TOOLS:
            made = button(tool.words, tool.tooltip, partial(panel.choose_tool, tool.key))
            if tool.gesture != "none":
                made.setCheckable(True)
                self._group.addButton(made)
            self.tools[tool.key] = made
        self.hint = text("What the tool does")
        self.other = combo("Labels to copy from", "Another layer, or another date of this place.", {})
        self.other.activated.connect(lambda index: setattr(panel, "other", self.other.itemData(index)))
        self.prompts = PromptsForm(panel.prompting)
        self.options: OptionsForm[CorrectOptions] = OptionsForm(panel.options, panel.choose_options)
        self.keys = KeyForm(panel)

    def _make_steps(self) -> None:
        panel = self._panel
        self.undo = button("Undo", "Take the last change of the labels back.", panel.undo)
        self.redo = button("Redo", "Do it again.", panel.redo)
        self.apply = button("Apply", "Do what is shown (Enter on the canvas).", panel.apply_preview)
        self.drop = button("Drop", "Do not do it (Esc on the canvas).", panel.drop_preview)
        self.hide_labels = QCheckBox("Hide labels")
        self.hide_labels.setAccessibleName("Hide labels")
        self.hide_labels.toggled.connect(lambda on: setattr(panel, "hides_labels", on))
        self.provenance = QCheckBox("Who says it")
        self.provenance.setAccessibleName("Who says it")
        self.provenance.toggled.connect(lambda on: setattr(panel, "shows_provenance", on))
        self.legend = text("Colours of who says it")
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.activity = text("What is going on")
        self.message = text("Message about corrections")
        self.message.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        grid = QGridLayout()
        grid.setSpacing(3)
        for number, widget in enumerate(self.tools.values()):
            widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            grid.addWidget(widget, number // _TOOL_COLUMNS, number % _TOOL_COLUMNS)
        column.addWidget(self.classes)
        column.addLayout(grid)
        column.addWidget(self.hint)
        column.addWidget(self.other)
        column.addWidget(self.prompts)
        self.preview_row = QWidget()
        preview = _even(self.apply, self.drop)
        self.preview_row.setLayout(preview)
        column.addWidget(self.preview_row)
        column.addLayout(_even(self.undo, self.redo))
        column.addLayout(_even(self.hide_labels, self.provenance))
        for words in (self.legend, self.activity, self.message):
            column.addWidget(words)
        self.over_section = section("Paint only over", self.over)
        self.options_section = section("Settings of the tools", self.options.widget)
        self.keys_section = section("Keys", self.keys)
        for part in (self.over_section, self.options_section, self.keys_section):
            column.addWidget(part)
        column.addStretch()

    def refresh(self) -> None:
        """Show the panel as it is now."""
        panel = self._panel
        site = panel.find_site()
        self._fill_classes(None if site is None else site.scheme)
        for key, widget in self.tools.items():
            widget.setToolTip(f"{tool_of(key).tooltip} ({panel.keys[key]})")
            widget.setChecked(widget.isCheckable() and key == panel.tool)
            widget.setEnabled(site is not None)
        say(self.hint, f"{panel.chosen.tooltip} Key: {panel.keys[panel.tool]}." if site is not None else "")
        self._fill_others()
        self.prompts.setVisible(panel.chosen.gesture == "prompt")
        self.preview_row.setVisible(panel.preview is not None)
        self.undo.setEnabled(panel.can_undo)
        self.redo.setEnabled(panel.can_redo)
        self.undo.setToolTip(f"Take the last change of the labels back ({panel.keys['undo']}).")
        self.redo.setToolTip(f"Do it again ({panel.keys['redo']}).")
        self.hide_labels.setChecked(panel.hides_labels)
        self.hide_labels.setToolTip(f"See the picture alone; or hold {panel.keys['hide']} on the canvas.")
        self.provenance.setChecked(panel.shows_provenance)
        self.provenance.setToolTip(f"Show who says each pixel ({panel.keys['provenance']}).")
        say(self.legend, _LEGEND if panel.shows_provenance else "")
        say(self.activity, panel.activity)
        nothing = "There are no labels to correct. Press Segment, or New labels among the classes."
        say(self.message, panel.message or ("" if site is not None else nothing))

    def _fill_classes(self, scheme: Scheme | None) -> None:
        if scheme != self._scheme:
            self._scheme = scheme
            self.classes.blockSignals(True)
            self.classes.clear()
            for number, definition in enumerate(() if scheme is None else scheme.classes):
                digit = f"{number}  " if number < 10 else "    "
                item = QListWidgetItem(swatch(definition.colour), f"{digit}{definition.name}")
                item.setToolTip(definition.definition)
                self.classes.addItem(item)
            height = sum(self.classes.sizeHintForRow(index) for index in range(self.classes.count()))
            self.classes.setFixedHeight(min(height, 160) + 2 * self.classes.frameWidth())
            self.classes.blockSignals(False)
            if scheme is not None:
                self.over.show_scheme(scheme)
        self.classes.setVisible(scheme is not None)
        if scheme is not None and self._panel.class_id < self.classes.count():
            self.classes.blockSignals(True)
            self.classes.setCurrentRow(self._panel.class_id)
            self.classes.blockSignals(False)

    def _choose_class(self, number: int) -> None:
        if number >= 0:
            self._panel.choose_class(number)

    def _fill_others(self) -> None:
        needed = self._panel.chosen.needs_other
        titles = list(self._panel.find_others()) if needed else []
        self.other.setVisible(bool(titles))
        if titles != [self.other.itemData(index) for index in range(self.other.count())]:
            self.other.clear()
            for title in titles:
                self.other.addItem(title, title)


def _even(*widgets: QWidget) -> QHBoxLayout:
    """Return widgets side by side, of one width."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        made.addWidget(widget, 1)
    return made


_LEGEND = " ".join(
    f"<span style='background-color: {colour}; color: black'>&nbsp;{provenance_words(key)}&nbsp;</span>"
    for key, colour in PROVENANCE_COLOURS.items()
    if key
)
