"""A part of a page that is folded until it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from superqt import QCollapsible

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

__all__ = ["section"]


def section(title: str, content: QWidget) -> QCollapsible:
    """Return a folded section with a heading that mouse, keyboard and screen readers open."""
    made = QCollapsible(title)
    made.toggleButton().setAccessibleName(title)
    made.toggleButton().setToolTip(f"Show or hide {title.lower()}.")
    made.setContentsMargins(0, 0, 0, 0)
    layout = made.layout()
    assert layout is not None  # made by its constructor
    layout.setContentsMargins(0, 0, 0, 0)
    made.addWidget(content)
    made.collapse(animate=False)
    return made
