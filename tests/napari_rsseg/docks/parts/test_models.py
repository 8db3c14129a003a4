from __future__ import annotations

from typing import Any

from napari_rsseg.docks.parts.models import ModelList
from napari_rsseg.panels.model_choices import ModelChoice

CHOICES = (
    ModelChoice("one", "First model", "ready"),
    ModelChoice("two", "Second model", "unfit", "It needs a nir band."),
    ModelChoice("three", "Third model", "missing", "Get it there."),
)


def test_models_that_cannot_run_are_listed_with_the_reason(qtbot: Any) -> None:
    models = ModelList(lambda name: None)
    qtbot.addWidget(models)
    models.show_models(CHOICES, "one")
    assert [models.item(row).text() for row in range(3)] == [
        "First model",
        "Second model (does not fit)",
        "Third model (get weights)",
    ]
    assert models.item(1).toolTip() == "It needs a nir band."


def test_picking_a_line_is_told_and_showing_is_not(qtbot: Any) -> None:
    chosen: list[str] = []
    models = ModelList(chosen.append)
    qtbot.addWidget(models)
    models.show_models(CHOICES, "one")
    assert chosen == []
    models.setCurrentRow(2)
    assert chosen == ["three"]
