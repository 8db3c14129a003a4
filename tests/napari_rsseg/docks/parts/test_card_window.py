from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from napari_rsseg.docks.parts.card_window import CardWindow


def test_a_page_is_rendered_with_its_tables_and_closed_by_escape(qtbot: Any) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    window = CardWindow(parent)
    window.show_page("## hills\n\nA model.\n\n| class | IoU |\n| --- | --- |\n| reed | 0.713 |\n")
    assert window.isVisible()
    assert "<table" in window.text.toHtml()
    assert "0.713" in window.text.toPlainText()
    assert "##" not in window.text.toPlainText()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
