"""The Prompts form: point at an object, look at its mask, write it; a thin view of its panel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFormLayout,
    QGridLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_rsseg.docks.parts.class_words import swatch
from napari_rsseg.docks.parts.controls import button, combo, row, say, text
from napari_rsseg.docks.parts.refresher import Refresher
from napari_rsseg.panels.prompt_state import TOOLS, detail_choices

if TYPE_CHECKING:
    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.panels.prompt_state import PromptTool
    from napari_rsseg.panels.prompting import Prompting

__all__ = ["PromptsForm"]


class PromptsForm(QWidget):
    """Shows what is pointed at and what it may be.

    Parameters
    ----------
    panel : Prompting
        State and commands.
    """

    def __init__(self, panel: Prompting) -> None:
        super().__init__()
        self._panel = panel
        self._make_choices()
        self._make_commands()
        self._lay_out()
        self._shown: tuple[Scheme, dict[float, str]] | None = None
        self._refresher = Refresher(self.refresh, self, interval_ms=30)
        panel.events.connect(self._refresher.ask)
        events = panel.segment.events
        for signal in (events.task, events.looks, events.scenes, events.scene_title):
            signal.connect(self._refresher.ask)
        self.refresh()

    def _make_choices(self) -> None:
        panel = self._panel
        self.start = button(
            "Start prompting",
            "Click on objects and get their masks, which Enter writes into the labels (Ctrl+Shift+K).",
            panel.toggle,
        )
        self.tools: dict[PromptTool, QPushButton] = {}
        self._tool_group = QButtonGroup(self)
        for tool, (words, tooltip) in TOOLS.items():
            self.tools[tool] = button(words, tooltip, partial(panel.choose_tool, tool))
            self.tools[tool].setCheckable(True)
            self._tool_group.addButton(self.tools[tool])
        self.negative = QCheckBox("Not part of the object")
        self.negative.setAccessibleName("Not part of the object")
        self.negative.setToolTip("The next prompts say what does not belong to it, as with Shift.")
        self.negative.toggled.connect(lambda on: setattr(panel, "is_negative", on))
        self.class_list = combo("Class", "The class that masks are written as.", {})
        self.class_list.activated.connect(
            lambda index: setattr(panel, "class_id", self.class_list.itemData(index))
        )
        self.detail = combo(
            "Detail",
            "How large a pixel is on the ground for the segmenter: smaller ones for small objects, "
            "larger ones for large objects.",
            {},
        )
        self.detail.activated.connect(lambda index: panel.choose_detail(self.detail.itemData(index)))

    def _make_commands(self) -> None:
        panel = self._panel
        self.candidate = text("Which mask is shown")
        self.write = button("Write mask", "Give its pixels the class (Enter on the canvas).", panel.accept)
        self.drop = button("Drop", "Forget the prompts and their mask (Esc on the canvas).", panel.drop)
        self.next = button(
            "Next mask", "Show another mask it may be (Tab on the canvas).", panel.next_candidate
        )
        self.back = button(
            "Undo prompt", "Forget the last prompt (Backspace on the canvas).", panel.take_back
        )
        self.propose = button(
            "Propose everything in view",
            "Divide what is in view into regions; a click on one gives it the class.",
            panel.propose,
        )
        self.drop_regions = button(
            "Drop regions", "Forget the proposed regions and click on objects again.", panel.drop_regions
        )
        self.activity = text("What is going on")
        self.message = text("Message about prompts")
        self.segmenter = text("What answers prompts")

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.choices = QWidget()
        inner = QVBoxLayout(self.choices)
        inner.setContentsMargins(0, 0, 0, 0)
        tools = QGridLayout()
        for number, tool in enumerate(self.tools.values()):
            tools.addWidget(tool, number // 2, number % 2)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Class", self.class_list)
        form.addRow("Detail", self.detail)
        inner.addLayout(form)
        inner.addLayout(tools)
        inner.addWidget(self.negative)
        inner.addWidget(self.candidate)
        inner.addLayout(row(self.write, self.drop))
        inner.addLayout(row(self.next, self.back))
        inner.addWidget(self.propose)
        inner.addWidget(self.drop_regions)
        column.addWidget(self.start)
        column.addWidget(self.activity)
        column.addWidget(self.choices)
        column.addWidget(self.message)
        column.addWidget(self.segmenter)

    def refresh(self) -> None:
        """Show the panel as it is now."""
        panel = self._panel
        self._fill()
        self.start.setText("Stop prompting" if panel.is_on else "Start prompting")
        self.start.setEnabled(panel.segment.scene is not None)
        self.choices.setVisible(panel.is_on)
        self.tools[panel.tool].setChecked(True)
        self.negative.setChecked(panel.is_negative)
        self.class_list.setCurrentIndex(self.class_list.findData(panel.class_id))
        self.detail.setCurrentIndex(self.detail.findData(panel.detail))
        say(self.candidate, panel.candidate_words)
        for widget in (self.write, self.next):
            widget.setEnabled(bool(panel.candidates))
        for widget in (self.drop, self.back):
            widget.setEnabled(bool(panel.given))
        self.propose.setEnabled(panel.view is not None and not panel.activity)
        self.drop_regions.setVisible(bool(panel.regions))
        say(self.activity, panel.activity)
        say(self.message, panel.message)
        say(self.segmenter, panel.segmenter if panel.is_on else "")

    def _fill(self) -> None:
        segment = self._panel.segment
        wanted = (segment.scheme_of(segment.task), detail_choices(segment.scene))
        if wanted == self._shown:
            return
        self._shown = wanted
        scheme, details = wanted
        self.class_list.clear()
        for number, definition in enumerate(scheme.classes):
            self.class_list.addItem(swatch(definition.colour), definition.name, number)
        self.detail.clear()
        for size, words in details.items():
            self.detail.addItem(words, size)
