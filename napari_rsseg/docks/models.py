"""The Models page: a thin view of its panel."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGridLayout, QProgressBar, QVBoxLayout, QWidget

from napari_rsseg.docks.parts.card_window import CardWindow
from napari_rsseg.docks.parts.controls import button, row, say, text
from napari_rsseg.docks.parts.model_tree import ModelTree
from napari_rsseg.docks.parts.question import QuestionBox
from napari_rsseg.docks.parts.refresher import Refresher
from napari_rsseg.panels.model_rows import size_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtGui import QResizeEvent, QShowEvent

    from napari_rsseg.panels.model_rows import ModelRow
    from napari_rsseg.panels.models import ModelsPanel

__all__ = ["ModelsActions", "ModelsPage"]

_MARGIN_PX = 8
_BYTES_PER_STEP = 1000  # a progress bar counts in 32 bits


@dataclass(frozen=True)
class ModelsActions:
    """What the page asks for that needs a file dialog.

    Attributes
    ----------
    import_file, import_folder : callable
        Let the user pick a model file, or a folder of them.
    answer_import : callable
        Gets the answer to what the import asks.
    """

    import_file: Callable[[], None]
    import_folder: Callable[[], None]
    answer_import: Callable[[str], None]


class ModelsPage(QWidget):
    """Shows a ModelsPanel.

    Parameters
    ----------
    panel : ModelsPanel
        State and commands.
    actions : ModelsActions
        What needs a file dialog.
    """

    def __init__(self, panel: ModelsPanel, actions: ModelsActions) -> None:
        super().__init__()
        self._panel = panel
        self._make_list(actions)
        self._make_commands()
        self._make_progress()
        self._lay_out()
        self._refresher = Refresher(self.refresh, self, interval_ms=30)
        panel.events.connect(self._refresher.ask)
        panel.imports.events.connect(self._refresher.ask)
        panel.segment.events.tasks.connect(self._refresher.ask)
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Look at what is there each time the page is opened."""
        super().showEvent(event)
        self._panel.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep all lines of the facts in sight."""
        super().resizeEvent(event)
        self._fit_facts()

    def _fit_facts(self) -> None:
        self.facts.setMinimumHeight(0)  # else it would count as needed
        needed = self.facts.heightForWidth(self.width() - 2 * _MARGIN_PX)
        self.facts.setMinimumHeight(max(needed, 0))  # a layout would cut it

    def _make_list(self, actions: ModelsActions) -> None:
        self.models = ModelTree(self._panel.choose)
        self.import_file = button(
            "Import file…",
            "Take a model file, or drop it here: ours, or .pth, .pth.tar, .pt and .safetensors of others. "
            "What it holds is told by its keys; nothing in it can run.",
            actions.import_file,
        )
        self.import_folder = button(
            "Import folder…", "Take all model files of a folder, or drop it here.", actions.import_folder
        )
        self.import_question = QuestionBox(actions.answer_import)

    def _make_commands(self) -> None:
        panel = self._panel
        self.facts = text("About the model")
        self.facts.setTextFormat(Qt.TextFormat.RichText)
        self.facts.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.note = text("What is wrong with the model")
        self.download = button("Download", "Fetch its weights from its authors.", panel.download)
        self.show_card = button("Show card", "Read all that is known of the model.", self.open_card)
        self.make_default = button(
            "Set as default", "Let its task begin with this model, here and on the command line.",
            panel.set_default,
        )  # fmt: skip
        self.check = button("Check", "Compare its weights with the digest on its card.", panel.check)
        self.check_all = button("Check all", "Compare the weights of all models here.", panel.check_all)
        self.remove = button(
            "Remove…", "Delete its weights and card; asks first. Models of the package stay.", panel.remove
        )
        self.question = QuestionBox(panel.answer)
        self._card: CardWindow | None = None

    def _make_progress(self) -> None:
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Progress of the models")
        self.activity = text("What is going on")
        self.cancel = button("Cancel", "Stop what is going on.", self._panel.cancel)
        self.message = text("Message about the models")
        self.message.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        column.addWidget(self.models)
        column.addLayout(row(self.import_file, self.import_folder))
        column.addWidget(self.import_question)
        column.addWidget(self.facts)
        column.addWidget(self.note)
        grid = QGridLayout()
        for number, widget in enumerate(
            (self.download, self.show_card, self.make_default, self.check, self.check_all, self.remove)
        ):
            grid.addWidget(widget, number // 2, number % 2)
        column.addLayout(grid)
        for part in (self.question, self.activity):
            column.addWidget(part)
        column.addLayout(row(self.progress, self.cancel))
        column.addWidget(self.message)
        column.addStretch()

    def open_card(self) -> CardWindow:
        """Show the card of the chosen model in its window."""
        if self._card is None:
            self._card = CardWindow(self)
        self._card.show_page(self._panel.page)
        return self._card

    def refresh(self) -> None:
        """Show the panel as it is now."""
        panel = self._panel
        chosen, idle = panel.row, not panel.activity
        self.models.show_rows(panel.rows, panel.segment.tasks, panel.chosen)
        say(self.facts, "" if chosen is None else _facts(chosen))
        self._fit_facts()
        say(self.note, "" if chosen is None else chosen.note)
        has_model = chosen is not None and chosen.model is not None
        self.show_card.setEnabled(has_model)
        self.check.setEnabled(has_model and idle)
        self.check_all.setEnabled(bool(panel.rows) and idle)
        self.download.setEnabled(panel.can_download and idle)
        self.make_default.setEnabled(panel.can_set_default and idle)
        self.remove.setEnabled(panel.can_remove and idle)
        for widget in (self.import_file, self.import_folder):
            widget.setEnabled(not panel.imports.is_busy)
        self.import_question.show_question(panel.imports.question)
        self.question.show_question(panel.question)
        say(self.activity, _activity(panel))
        for part in (self.progress, self.cancel):
            part.setVisible(not idle)
        self.progress.setRange(0, panel.total // _BYTES_PER_STEP)  # 0 to 0 moves to and fro
        self.progress.setValue(panel.done // _BYTES_PER_STEP)
        say(self.message, panel.message)


def _activity(panel: ModelsPanel) -> str:
    if not panel.total:
        return panel.activity
    return f"{panel.activity} {size_words(panel.done)} of {size_words(panel.total)}"


def _facts(chosen: ModelRow) -> str:
    lines = "".join(
        f"<tr><td style='padding-right: 6px'>{escape(name)}</td><td>{escape(words)}</td></tr>"
        for name, words in chosen.facts
    )
    return f"<b>{escape(chosen.title)}</b><br>{escape(chosen.name)}<table>{lines}</table>"
