"""A part of a page that is folded until it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QIcon, QPixmap
from superqt import QCollapsible

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

__all__ = ["section"]


def section(title: str, content: QWidget) -> QCollapsible:
    """Return a folded section with a heading that mouse, keyboard and screen readers open."""
    nothing = QPixmap(1, 1)
    nothing.fill(Qt.GlobalColor.transparent)
    made = QCollapsible(title, expandedIcon=QIcon(nothing), collapsedIcon=QIcon(nothing))
    _mark(made, title, is_open=False)  # its own icons are black on every theme
    made.toggleButton().setStyleSheet("text-align: left")  # its own style hides the keyboard's focus
    made.toggled.connect(lambda is_open: _mark(made, title, is_open=is_open))
    made.toggleButton().setAccessibleName(title)
    made.toggleButton().setToolTip(f"Show or hide {title.lower()}.")
    made.setContentsMargins(0, 0, 0, 0)
    layout = made.layout()
    assert layout is not None  # made by its constructor
    layout.setContentsMargins(0, 0, 0, 0)
    made.addWidget(content)
    made.collapse(animate=False)
    return made


def _mark(made: QCollapsible, title: str, *, is_open: bool) -> None:
    made.setText(f"{'▾' if is_open else '▸'}  {title}")
