from __future__ import annotations

from napari_rsseg.panels.question import Question


def test_answers_keep_their_order() -> None:
    assert list(Question("Keep them?", {"keep": "Keep", "stop": "Cancel"}).answers) == ["keep", "stop"]
