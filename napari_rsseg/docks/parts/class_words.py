"""How a class is shown: a swatch of its colour, and what it means on hover."""

from __future__ import annotations

from html import escape
from pathlib import Path

from qtpy.QtGui import QColor, QIcon, QPixmap

__all__ = ["class_hover", "swatch"]

_SWATCH_PX, _PICTURE_PX = 14, 160


def swatch(colour: str) -> QIcon:
    """Return a square of a colour."""
    pixmap = QPixmap(_SWATCH_PX, _SWATCH_PX)
    pixmap.fill(QColor(colour))
    return QIcon(pixmap)


def class_hover(name: str, definition: str, note: str, example: str | None) -> str:
    """Return rich text of a class: name, definition, smallest area, example picture."""
    parts = [f"<b>{escape(name)}</b>", escape(definition), escape(note)]
    if example:
        parts.append(f"<img src='{Path(example).absolute().as_uri()}' width='{_PICTURE_PX}'>")
    return "<br>".join(part for part in parts if part)
