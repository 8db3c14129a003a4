from __future__ import annotations

from typing import Any

import pytest

from napari_rsseg.docks.parts.model_tree import ModelTree
from napari_rsseg.panels.model_rows import ModelRow

ROWS = (
    ModelRow("torn", "torn.json", "broken", note="It is torn."),
    ModelRow("far", "A model of a paper with a title that is much too long for one line", "missing", "cloud"),
    ModelRow("other", "Other", "installed", "cloud", figure="0.40", size="6 MB"),
    ModelRow("first", "First", "installed", "cloud", is_default=True),
    ModelRow("clicks", "Answers clicks", "missing"),
)
TASKS = {"landslide": "Landslides", "cloud": "Clouds"}


@pytest.fixture
def chosen() -> list[str]:
    return []


@pytest.fixture
def tree(qtbot: Any, chosen: list[str]) -> ModelTree:
    made = ModelTree(chosen.append)
    qtbot.addWidget(made)
    made.resize(290, 250)
    made.show_rows(ROWS, TASKS, "installed:other")
    return made


def item(tree: ModelTree, *place: int) -> Any:
    """Return a group, or a line of one, by their numbers."""
    found: Any = tree.topLevelItem(place[0])
    return found if len(place) == 1 else found.child(place[1])


def test_models_stand_under_their_tasks_the_default_first_and_damaged_ones_last(tree: ModelTree) -> None:
    groups = [item(tree, index) for index in range(tree.topLevelItemCount())]
    shown = {group.text(0): [group.child(n).text(0) for n in range(group.childCount())] for group in groups}
    assert list(shown) == ["Clouds", "Answers prompts, or part of others", "Cannot be used"]
    assert shown["Clouds"][:2] == ["First", "Other"]
    assert shown["Clouds"][2].endswith("(not here)")


def test_the_chosen_model_is_marked_and_any_line_can_be_chosen(tree: ModelTree, chosen: list[str]) -> None:
    current: Any = tree.currentItem()
    assert [current.text(column) for column in range(3)] == ["Other", "0.40", "6 MB"]
    assert chosen == []
    tree.setCurrentItem(item(tree, 2, 0))
    assert chosen == ["broken:torn"]


def test_a_long_title_gets_as_many_lines_as_it_needs(tree: ModelTree, qtbot: Any) -> None:
    group = item(tree, 0)
    qtbot.waitUntil(
        lambda: group.child(2).sizeHint(0).height() > 2 * group.child(0).sizeHint(0).height() - 8,
        timeout=10_000,
    )
