from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_rsseg.engine.prompting.prompts import PromptBox, PromptPoint, Prompts
from napari_rsseg.engine.prompting.view import PromptView
from napari_rsseg.panels.prompting import Prompting
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.registry.downloads import find_download
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.panels.prompt_state import WrittenMask

WAIT_S = 60
SHOWN = Window(0, 100, 0, 100)
HERE, FAR = PromptPoint(50.0, 40.0), PromptPoint(250.0, 250.0)


@dataclass(frozen=True)
class TornScene(SyntheticScene):
    """A scene whose first fifty rows hold nothing."""

    def valid(self, window: Window, *, level: int = 0) -> npt.NDArray[np.bool_]:
        valid = np.ones(window.shape, dtype=np.bool_)
        valid[: max(0, 50 - window.row_start)] = False
        return valid


def wait(is_over: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_S
    while not is_over():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def prompting(stand_in: Any, tmp_path: Path) -> Prompting:
    """Prompting on a scene of which the upper left corner is shown; not begun."""
    segment = SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions")
    segment.add_scene("hills", SyntheticScene(300, 0))
    segment.find_view = lambda scene: SHOWN
    return Prompting(segment)


@pytest.fixture
def begun(prompting: Prompting) -> Prompting:
    prompting.begin()
    wait(lambda: prompting.view is not None and not prompting.activity)
    return prompting


def prompts_asked(stand_in: Any) -> list[Prompts]:
    return [asked for asked in stand_in.asked if isinstance(asked, Prompts)]


def views_asked(stand_in: Any) -> list[PromptView]:
    return [asked for asked in stand_in.asked if isinstance(asked, PromptView)]


def test_without_a_scene_prompting_does_not_begin(stand_in: Any, tmp_path: Path) -> None:
    alone = Prompting(SegmentPanel(lambda scheduler: stand_in, tmp_path))
    alone.toggle()
    assert not alone.is_on
    assert "No scene is open" in alone.message


def test_what_is_in_view_is_looked_at_and_the_segmenter_named(begun: Prompting, stand_in: Any) -> None:
    assert begun.view is not None
    assert begun.view.window == SHOWN
    assert views_asked(stand_in) == [begun.view]
    named = re.search(r"models get ([\w-]+)", begun.segmenter)
    assert named
    assert find_download(named[1]).family == "sam"


def test_clicks_before_the_view_is_ready_are_answered_when_it_is(prompting: Prompting, stand_in: Any) -> None:
    stand_in.view_is_looked_at.clear()
    prompting.begin()
    prompting.give(HERE)
    wait(lambda: prompts_asked(stand_in))
    assert prompting.activity == "Looking at the view …"
    assert prompting.candidate is None
    stand_in.view_is_looked_at.set()
    wait(lambda: len(prompting.candidates) == 3)
    wait(lambda: not prompting.activity)


def test_tab_cycles_and_the_next_click_corrects_the_mask_that_is_shown(
    begun: Prompting, stand_in: Any
) -> None:
    begun.give(HERE)
    wait(lambda: begun.candidates)
    assert begun.candidate_words == "Mask 1 of 3, expected IoU 0.98"
    for _ in range(4):
        begun.next_candidate()
    second = begun.candidate
    assert begun.candidate_words.startswith("Mask 2 of 3")
    begun.give(PromptPoint(60.0, 40.0, False))
    wait(lambda: len(prompts_asked(stand_in)) == 2)
    assert prompts_asked(stand_in)[1].previous is second


def test_taking_a_prompt_back_asks_again_without_it_and_the_last_one_leaves_nothing(
    begun: Prompting, stand_in: Any
) -> None:
    begun.give(HERE)
    wait(lambda: begun.candidates)
    begun.give(PromptPoint(20.0, 20.0))
    wait(lambda: begun.candidate is not None and begun.candidate.window.row_start == 18)
    begun.take_back()
    wait(lambda: begun.candidate is not None and begun.candidate.window.row_start == 48)
    assert prompts_asked(stand_in)[-1] == Prompts(points=(HERE,))
    begun.take_back()
    assert begun.candidates == ()
    begun.take_back()
    assert begun.given == ()


def test_enter_hands_on_the_mask_with_its_class_and_begins_anew(begun: Prompting) -> None:
    written: list[WrittenMask] = []
    begun.written.connect(written.append)
    begun.class_id = 1
    begun.give(HERE)
    wait(lambda: begun.candidates)
    begun.accept()
    assert (begun.given, begun.candidates) == ((), ())
    wait(lambda: written)
    assert written[0].window == Window(48, 53, 38, 43)
    assert (written[0].class_id, written[0].task, int(written[0].mask.sum())) == (1, "landslide", 25)


def test_pixels_that_were_not_measured_are_never_written(begun: Prompting) -> None:
    written: list[WrittenMask] = []
    begun.written.connect(written.append)
    begun.end()
    begun.segment.add_scene("torn", TornScene(300, 0))
    begun.begin()
    begun.give(HERE)
    wait(lambda: begun.candidates)
    begun.accept()
    wait(lambda: written)
    assert written[0].mask.any(axis=1).tolist() == [False, False, True, True, True]


def test_esc_drops_prompts_and_late_answers(begun: Prompting, stand_in: Any) -> None:
    stand_in.view_is_looked_at.clear()
    begun.give(HERE)
    begun.drop()
    stand_in.view_is_looked_at.set()
    wait(lambda: not begun._is_asking)
    assert (begun.given, begun.candidates) == ((), ())


def test_while_an_answer_is_awaited_only_the_newest_question_waits(begun: Prompting, stand_in: Any) -> None:
    stand_in.view_is_looked_at.clear()
    for column in range(10, 60, 10):
        begun.give(PromptPoint(50.0, float(column)))
    stand_in.view_is_looked_at.set()
    wait(lambda: begun.candidate is not None and begun.candidate.window.column_start == 48)
    assert [len(prompts.points) for prompts in prompts_asked(stand_in)] == [1, 5]


def test_the_view_is_followed_once_it_rests_but_not_under_prompts(begun: Prompting, stand_in: Any) -> None:
    elsewhere = Window(150, 250, 150, 250)
    begun.look_at(elsewhere)
    assert len(views_asked(stand_in)) == 1
    begun.look_at(elsewhere)
    wait(lambda: len(views_asked(stand_in)) == 2)
    begun.look_at(elsewhere.shifted(10, 10))
    begun.look_at(elsewhere.shifted(10, 10))
    begun.give(PromptPoint(200.0, 200.0))
    begun.look_at(SHOWN)
    begun.look_at(SHOWN)
    assert begun.view is not None
    assert begun.view.window == elsewhere


def test_a_prompt_outside_what_was_looked_at_moves_the_view(begun: Prompting, stand_in: Any) -> None:
    begun.look_at(Window(200, 300, 200, 300))
    begun.give(FAR)
    wait(lambda: begun.candidates)
    assert begun.view is not None
    assert begun.view.window == Window(200, 300, 200, 300)
    assert prompts_asked(stand_in)[-1].points == (FAR,)


def test_another_ground_size_is_another_view(begun: Prompting, stand_in: Any) -> None:
    begun.choose_detail(2.0)
    wait(lambda: len(views_asked(stand_in)) == 2)
    assert begun.view is not None
    assert begun.view.pixel_px == 2.0
    assert begun.view.window == Window(0, 300, 0, 300)


def test_a_box_is_a_prompt_too(begun: Prompting) -> None:
    begun.choose_tool("box")
    begun.give(PromptBox(10.0, 10.0, 30.0, 30.0))
    wait(lambda: begun.candidates)
    assert begun.candidate is not None
    assert begun.candidate.window == Window(18, 23, 18, 23)


def test_a_region_is_written_without_what_a_smaller_one_covers(begun: Prompting) -> None:
    written: list[WrittenMask] = []
    begun.written.connect(written.append)
    begun.propose()
    wait(lambda: begun.regions)
    assert "2 regions" in begun.message
    begun.assign(0)
    wait(lambda: written)
    assert int(written[0].mask.sum()) == 41 * 41 - 11 * 11
    assert begun.assigned == {0}
    begun.drop_regions()
    assert (begun.regions, begun.assigned) == ((), frozenset())


def test_what_goes_wrong_is_told_and_the_next_click_works(begun: Prompting, stand_in: Any) -> None:
    stand_in.breaks_down = True
    begun.give(HERE)
    wait(lambda: "The worker is gone." in begun.message)
    stand_in.breaks_down = False
    begun.give(HERE)
    wait(lambda: begun.candidates)
    assert begun.message == ""


def test_closing_the_scene_ends_prompting(begun: Prompting) -> None:
    begun.give(HERE)
    begun.segment.remove_scene("hills")
    assert not begun.is_on
    assert (begun.given, begun.candidates, begun.view) == ((), (), None)
