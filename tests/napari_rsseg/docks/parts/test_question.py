from __future__ import annotations

from typing import Any

from napari_rsseg.docks.parts.question import QuestionBox
from napari_rsseg.panels.question import Question


def test_a_question_shows_a_button_per_answer_and_goes(qtbot: Any) -> None:
    answers: list[str] = []
    box = QuestionBox(answers.append)
    qtbot.addWidget(box)
    assert box.isHidden()
    box.show_question(Question("Keep them?", {"keep": "Keep", "stop": "Cancel"}))
    assert [button.text() for button in box.buttons.values()] == ["Keep", "Cancel"]
    box.buttons["keep"].click()
    assert answers == ["keep"]
    box.show_question(None)
    assert box.buttons == {}
    assert box.isHidden()
