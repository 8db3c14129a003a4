from __future__ import annotations

import pytest

from napari_rsseg.errors import SceneError
from napari_rsseg.panels.region import choose_region
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.scenes.windows import Window

SCENE = SyntheticScene((300, 400), 0)


def test_the_whole_scene_needs_neither_view_nor_rectangle() -> None:
    assert choose_region("whole", SCENE, view=None, rectangle=None) == Window(0, 300, 0, 400)


def test_a_view_is_cut_to_the_scene() -> None:
    view = Window(-50, 100, 350, 900)
    assert choose_region("view", SCENE, view=view, rectangle=None) == Window(0, 100, 350, 400)


def test_a_rectangle_is_taken_as_drawn() -> None:
    drawn = Window(10, 20, 30, 40)
    assert choose_region("rectangle", SCENE, view=None, rectangle=drawn) == drawn


@pytest.mark.parametrize("kind", ["view", "rectangle"])
def test_a_region_beside_the_scene_is_refused(kind: str) -> None:
    beside = Window(1000, 1100, 0, 100)
    with pytest.raises(SceneError, match=f"{kind} lies outside"):
        choose_region(kind, SCENE, view=beside, rectangle=beside)  # type: ignore[arg-type]  # ids as text


def test_without_a_rectangle_the_way_to_draw_one_is_said() -> None:
    with pytest.raises(SceneError, match="Press Draw"):
        choose_region("rectangle", SCENE, view=None, rectangle=None)
