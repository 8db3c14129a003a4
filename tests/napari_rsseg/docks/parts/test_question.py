from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

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


def test_long_answers_fit_a_narrow_dock(qtbot: Any) -> None:
    box = QuestionBox(lambda answer: None)
    qtbot.addWidget(box)
    titles = ["TransLandSeg ViT-L, Landslide4Sense", "TransLandSeg ViT-L, Bijie", "Cancel"]
    box.show_question(Question("Of which model is it?", dict(zip("abc", titles, strict=True))))
    assert box.minimumSizeHint().width() <= 266


def test_a_question_below_the_edge_of_a_page_is_scrolled_into_view(qtbot: Any) -> None:
    area, page = QScrollArea(), QWidget()
    qtbot.addWidget(area)
    column = QVBoxLayout(page)
    above, box = QLabel(), QuestionBox(lambda answer: None)
    above.setFixedHeight(900)
    column.addWidget(above)
    column.addWidget(box)
    area.setWidgetResizable(True)
    area.setWidget(page)
    area.resize(300, 300)
    area.show()
    box.show_question(Question("Keep them?", {"keep": "Keep", "stop": "Cancel"}))
    button = box.buttons["stop"]
    qtbot.waitUntil(lambda: not button.visibleRegion().isEmpty(), timeout=20_000)
