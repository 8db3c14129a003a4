"""Other keys for tools and commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QFormLayout, QKeySequenceEdit, QWidget

from napari_rsseg.docks.parts.controls import button, combo, row
from napari_rsseg.panels.correct_tools import CORRECT_TOOLS
from napari_rsseg.panels.tool_keys import COMMANDS

if TYPE_CHECKING:
    from napari_rsseg.panels.correct import CorrectPanel

__all__ = ["KeyForm"]


class KeyForm(QWidget):
    """Lets the user choose the key of each tool.

    Parameters
    ----------
    panel : CorrectPanel
        Whose keys.
    """

    def __init__(self, panel: CorrectPanel) -> None:
        super().__init__()
        self._panel = panel
        names = {tool.key: tool.words for tool in CORRECT_TOOLS}
        names |= {name: words.capitalize() for name, (_, words) in COMMANDS.items()}
        self.tool = combo("Tool", "Whose key is changed.", names)
        self.tool.currentIndexChanged.connect(lambda index: self.refresh())
        self.sequence = QKeySequenceEdit()
        self.sequence.setAccessibleName("Key")
        self.sequence.setToolTip("Press the new key here.")
        self.sequence.setMaximumSequenceLength(1)
        self.set = button("Set key", "Use this key for the tool from now on.", self._set)
        self.reset = button("Reset all", "Return to the keys as shipped.", self._reset)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Tool", self.tool)
        form.addRow("Key", self.sequence)
        form.addRow(row(self.set, self.reset))
        self.refresh()

    def refresh(self) -> None:
        """Show the key of the tool."""
        self.sequence.setKeySequence(QKeySequence(self._panel.keys[self.tool.currentData()]))

    def _set(self) -> None:
        self._panel.choose_key(self.tool.currentData(), self.sequence.keySequence().toString())
        self.refresh()

    def _reset(self) -> None:
        self._panel.reset_keys()
        self.refresh()
