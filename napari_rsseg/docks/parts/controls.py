"""Buttons, lists and texts that screen readers can name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["button", "choose", "combo", "row", "say", "text"]


def button(words: str, tooltip: str, on_click: Callable[[], object]) -> QPushButton:
    """Return a push button whose accessible name is its words."""
    made = QPushButton(words)
    made.setAccessibleName(words.rstrip("…"))
    made.setToolTip(tooltip)
    made.clicked.connect(lambda checked=False: on_click())
    return made


def combo(name: str, tooltip: str, entries: Mapping[Any, str]) -> QComboBox:
    """Return a list to choose from, with a key behind each entry."""
    made = QComboBox()
    made.setAccessibleName(name)
    made.setToolTip(tooltip)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(8)
    for key, words in entries.items():
        made.addItem(words, key)
    return made


def text(name: str) -> QLabel:
    """Return a text that wraps, hidden while it is empty."""
    made = QLabel()
    made.setAccessibleName(name)
    made.setWordWrap(True)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    made.setVisible(False)
    return made


def row(*widgets: QWidget) -> QHBoxLayout:
    """Return widgets side by side, the first one taking the room."""
    made = QHBoxLayout()
    for widget in widgets:
        made.addWidget(widget)
    made.setStretch(0, 1)
    return made


def choose(widget: QComboBox, key: str) -> None:
    """Pick the entry of a key."""
    index = widget.findData(key)
    if index != widget.currentIndex():
        widget.setCurrentIndex(index)


def say(label: QLabel, words: str) -> None:
    """Show words, or hide the label for none."""
    if label.text() != words:
        label.setText(words)
    label.setVisible(bool(words))
