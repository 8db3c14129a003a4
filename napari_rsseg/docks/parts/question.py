"""A question in the page, answered by a button; nothing is blocked meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_rsseg.panels.question import Question

__all__ = ["QuestionBox"]

_LAYOUT_MS = 50
"""Time after which the page has its new size."""


class QuestionBox(QFrame):
    """Shows a question, or nothing."""

    def __init__(self, on_answer: Callable[[str], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("question")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._on_answer = on_answer
        self._shown: Question | None = None
        self.buttons: dict[str, QPushButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 4, 2, 4)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._answers = QVBoxLayout()  # below each other: side by side they are wider than a narrow dock
        column.addWidget(self._text)
        column.addLayout(self._answers)
        self.setVisible(False)

    def show_question(self, question: Question | None) -> None:
        """Show a question with a button per answer; hide for None."""
        if question is self._shown:
            return
        self._shown = question
        for button in self.buttons.values():
            self._answers.removeWidget(button)
            button.deleteLater()
        self.buttons = {}
        self.setVisible(question is not None)
        if question is None:
            return
        self._text.setText(question.text)
        for answer, words in question.answers.items():
            button = QPushButton(words)
            button.setAccessibleName(words)
            button.setAccessibleDescription(question.text)
            button.clicked.connect(lambda checked=False, chosen=answer: self._on_answer(chosen))
            self.buttons[answer] = button
            self._answers.addWidget(button)
        next(iter(self.buttons.values())).setFocus()
        QTimer.singleShot(_LAYOUT_MS, self, self._come_into_view)

    def _come_into_view(self) -> None:
        page = self.parentWidget()
        while page is not None and not isinstance(page, QScrollArea):
            page = page.parentWidget()
        if page is not None:
            page.ensureWidgetVisible(self)
