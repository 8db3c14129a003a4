"""A card in a window of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QTextBrowser, QVBoxLayout

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

__all__ = ["CardWindow"]

_SIZE_PX = (680, 640)


class CardWindow(QDialog):
    """Shows Markdown; Esc closes it, and nothing waits for that.

    Parameters
    ----------
    parent : QWidget
        Over which it opens.
    title : str
        What it is the card of.
    """

    def __init__(self, parent: QWidget, title: str = "Model card") -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(*_SIZE_PX)
        self.text = QTextBrowser()
        self.text.setAccessibleName(title)
        self.text.setOpenExternalLinks(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.text)

    def show_page(self, page: str) -> None:
        """Show a page from its top, in front."""
        self.text.setMarkdown(page)
        self.show()
        self.raise_()
        self.text.setFocus()
