from __future__ import annotations

from typing import Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLineEdit, QWidget

from napari_rsseg.docks.parts.canvas_keys import CanvasKeys

NO, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


@pytest.mark.parametrize(
    ("key", "modifier", "name"),
    [
        (Qt.Key.Key_Return, NO, "Enter"),
        (Qt.Key.Key_Enter, NO, "Enter"),
        (Qt.Key.Key_Escape, NO, "Esc"),
        (Qt.Key.Key_Tab, NO, "Tab"),
        (Qt.Key.Key_Backspace, NO, "Backspace"),
        (Qt.Key.Key_Z, CONTROL, "Ctrl+Z"),
    ],
)
def test_keys_are_taken_by_name_while_they_are_wanted_and_only_then(
    qtbot: Any, key: Qt.Key, modifier: Any, name: str
) -> None:
    pressed: list[str] = []
    wanted = [True]
    canvas = QLineEdit()
    qtbot.addWidget(canvas)
    canvas.setText("text")
    parent = QWidget(canvas)
    CanvasKeys(canvas, lambda: wanted[0], {name: lambda: pressed.append(name)}, parent)
    qtbot.keyClick(canvas, key, modifier)
    assert pressed == [name]
    assert canvas.text() == "text"
    wanted[0] = False
    qtbot.keyClick(canvas, key, modifier)
    assert pressed == [name]


def test_keys_that_belong_to_nothing_reach_the_canvas(qtbot: Any) -> None:
    canvas = QLineEdit()
    qtbot.addWidget(canvas)
    CanvasKeys(canvas, lambda: True, {"Ctrl+A": lambda: None}, canvas)
    qtbot.keyClick(canvas, Qt.Key.Key_A)
    assert canvas.text() == "a"
