from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from napari_rsseg.docks.parts.section import section


def test_a_section_is_folded_until_its_heading_is_pressed_by_key(qtbot: Any) -> None:
    content = QLabel("inside")
    made = section("Bands", content)
    qtbot.addWidget(made)
    made.show()
    assert not made.isExpanded()
    assert made.toggleButton().text() == "▸  Bands"
    heading = made.toggleButton()
    assert heading.accessibleName() == "Bands"
    assert heading.focusPolicy() & Qt.FocusPolicy.TabFocus
    qtbot.keyClick(heading, Qt.Key.Key_Space)
    assert made.isExpanded()
    assert heading.text() == "▾  Bands"
    made.collapse(animate=False)
    assert heading.text() == "▸  Bands"
