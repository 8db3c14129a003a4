from __future__ import annotations

from typing import Any

from napari_rsseg.docks.parts.controls import button, choose, combo, row, say, text


def test_a_button_is_named_by_its_words(qtbot: Any) -> None:
    clicks: list[int] = []
    made = button("Open…", "Open a file.", lambda: clicks.append(1))
    qtbot.addWidget(made)
    made.click()
    assert clicks == [1]
    assert made.accessibleName() == "Open"


def test_an_entry_is_picked_by_its_key(qtbot: Any) -> None:
    made = combo("Task", "What to map.", {"a": "First", "b": "Second"})
    qtbot.addWidget(made)
    choose(made, "b")
    assert made.currentText() == "Second"


def test_an_empty_text_takes_no_room(qtbot: Any) -> None:
    label = text("Message")
    qtbot.addWidget(label)
    say(label, "Done.")
    assert not label.isHidden()
    say(label, "")
    assert label.isHidden()


def test_the_first_widget_of_a_row_takes_the_room(qtbot: Any) -> None:
    first, second = text("a"), text("b")
    layout = row(first, second)
    assert (layout.stretch(0), layout.stretch(1)) == (1, 0)
    for label in (first, second):
        qtbot.addWidget(label)
