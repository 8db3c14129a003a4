from __future__ import annotations

import pytest

from napari_rsseg.engine.prompting.prompts import PromptBox, PromptPoint, PromptPolygon, PromptStroke
from napari_rsseg.panels.prompt_state import Given, detail_choices, is_inside, places_of, prompts_of
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.scenes.windows import Window

CLICK = PromptPoint(3.0, 4.0)
BOX = PromptBox(1.0, 2.0, 5.0, 9.0)
LINE = PromptStroke(((0.0, 0.0), (7.0, 1.0)), is_positive=False)
OUTLINE = PromptPolygon(((0.0, 0.0), (7.0, 1.0), (3.0, 8.0)))


def test_ground_sizes_are_told_in_metres_where_the_scene_has_them() -> None:
    choices = detail_choices(SyntheticScene(64, 0))
    assert list(choices.values()) == [
        "As the view needs it", "10 m per pixel", "20 m per pixel", "40 m per pixel", "80 m per pixel",
    ]  # fmt: skip
    assert list(detail_choices(None)) == [0.0]


def test_prompts_are_sorted_by_their_kind_and_keep_their_order() -> None:
    second = PromptPoint(1.0, 1.0, False)
    prompts = prompts_of((CLICK, LINE, second, BOX, OUTLINE), None)
    assert prompts.points == (CLICK, second)
    assert (prompts.boxes, prompts.strokes, prompts.polygons) == ((BOX,), (LINE,), (OUTLINE,))
    assert prompts.says_where
    assert not prompts_of((LINE,), None).says_where


@pytest.mark.parametrize("prompt", [CLICK, BOX, LINE, OUTLINE], ids=["click", "box", "line", "outline"])
def test_a_prompt_is_inside_where_any_part_of_it_is(prompt: Given) -> None:
    assert is_inside(prompt, Window(0, 10, 0, 10))
    assert is_inside(prompt, Window(0, 4, 1, 5))
    assert not is_inside(prompt, Window(20, 30, 0, 10))
    assert places_of(prompt).shape[1] == 2
