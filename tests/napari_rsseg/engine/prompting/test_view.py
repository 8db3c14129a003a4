"""Views, prompts and how a view's image and masks lie in the scene."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.engine import PackedMask, PromptBox, PromptPolygon, PromptSegmenter, PromptStroke
from napari_rsseg.engine.prompting.view import choose_segmenter, view_of
from napari_rsseg.engine.prompting.view_image import candidate_of, read_view, to_image_pixels
from napari_rsseg.errors import EngineError
from napari_rsseg.registry.choices import PROMPTS, keep_choices
from napari_rsseg.scenes import Window, open_scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_rsseg.registry import ModelFile
    from napari_rsseg.scenes import Scene

CLASSICAL = PromptSegmenter()


@pytest.fixture(scope="module")
def scene(scene_path: Path) -> Iterator[Scene]:
    scene = open_scene(scene_path)
    yield scene
    scene.close()


def test_all_that_is_shown_is_seen(scene: Scene) -> None:
    view = view_of(scene, Window(-50, 600, 100, 900), CLASSICAL)
    assert view.window == Window(0, 600, 100, 900)
    assert view.pixel_px == 1
    assert view.image_shape == (600, 800)
    assert view_of(scene, Window.of(1100, 1300), CLASSICAL).pixel_px == 1300 / 1024


def test_a_ground_size_makes_a_square_about_the_middle_of_the_screen(scene: Scene) -> None:
    view = view_of(scene, Window(400, 600, 600, 700), CLASSICAL, pixel_px=0.5)
    assert view.window == Window(244, 756, 394, 906)
    assert view.image_shape == (1024, 1024)
    corner = view_of(scene, Window(0, 10, 0, 10), CLASSICAL, pixel_px=1.0)
    assert corner.window == Window(0, 1024, 0, 1024)
    whole = view_of(scene, Window(0, 10, 0, 10), CLASSICAL, pixel_px=4.0)
    assert whole.window == Window.of(1100, 1300)
    assert whole.image_shape == (275, 325)


def test_what_shows_no_pixel_or_too_many_is_refused(scene: Scene) -> None:
    with pytest.raises(EngineError, match="holds no pixel"):
        view_of(scene, Window(2000, 2100, 0, 10), CLASSICAL)
    with pytest.raises(EngineError, match="ground size is 0"):
        view_of(scene, Window(0, 10, 0, 10), CLASSICAL, pixel_px=0)
    view = view_of(scene, Window.of(1100, 1300), CLASSICAL)
    with pytest.raises(EngineError, match="1100 x 1300 pixels"):
        replace(view, pixel_px=1.0)


def test_prompts_that_say_nothing_are_refused() -> None:
    with pytest.raises(EngineError, match="holds nothing"):
        PromptBox(5, 5, 5, 9)
    with pytest.raises(EngineError, match="0 vertices"):
        PromptStroke(())
    with pytest.raises(EngineError, match="2 vertices"):
        PromptPolygon(((0.0, 0.0), (1.0, 1.0)))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_packed_mask_is_the_mask(height: int, width: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((height, width)) > 0.5
    np.testing.assert_array_equal(PackedMask.of(mask).unpacked(), mask)


def test_the_image_of_a_view_at_the_scenes_own_pixels_is_the_scene(scene: Scene) -> None:
    view = view_of(scene, Window(100, 400, 200, 700), CLASSICAL)
    expected = scene.read(view.window).transpose(1, 2, 0)
    np.testing.assert_array_equal(read_view(scene, view), expected)


def test_masks_come_back_to_the_pixels_they_were_drawn_on(scene: Scene) -> None:
    for pixel_px in (0.5, 1.0, 2.0):
        view = view_of(scene, Window(100, 400, 200, 700), CLASSICAL, pixel_px=pixel_px)
        places = np.array([[300.0, 400.0], [360.0, 460.0]])
        (top, left), (bottom, right) = to_image_pixels(view, places)
        rows, columns = np.indices(view.image_shape)
        within = (rows >= top) & (rows <= bottom) & (columns >= left) & (columns <= right)
        found = candidate_of(view, np.where(within, 1.0, -1.0).astype(np.float32), 0.5)
        assert found is not None
        most = max(1, pixel_px)
        assert abs(found.window.row_start - 300) <= most
        assert abs(found.window.row_stop - 361) <= most
        assert abs(found.window.column_start - 400) <= most
        assert abs(found.window.column_stop - 461) <= most
        assert found.mask.unpacked().mean() > 0.9
    assert candidate_of(view, np.full(view.image_shape, -1.0, np.float32), 0.5) is None


def test_without_sam_the_classical_segmenter_says_that_it_answers(model: ModelFile) -> None:
    chosen = choose_segmenter([model])
    assert chosen.kind == "classical"
    assert chosen.card is None
    assert "napari-rsseg models get mobile-sam" in chosen.sentence
    with pytest.raises(EngineError, match="No SAM model 'sam_vit_h' is installed"):
        choose_segmenter([model], name="sam_vit_h")


def test_a_starter_gives_the_classical_segmenter_its_features_by_task() -> None:
    chosen = choose_segmenter(task="cloud")
    assert chosen.card is not None
    assert chosen.card.name == "cloud-starter"
    assert chosen.name == "classical"


def test_the_sam_that_the_user_chose_goes_before_others(
    model: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path))
    sams = [
        replace(model, card=model.card.model_copy(update={"name": name, "family": "sam", "scheme": None}))
        for name in ("sam-one", "sam-two")
    ]
    assert choose_segmenter([model, *sams]).name == "sam-one"
    keep_choices({PROMPTS: "sam-two"})
    assert choose_segmenter([model, *sams]).name == "sam-two"
    assert choose_segmenter([model, *sams], name="sam-one").name == "sam-one"
    keep_choices({PROMPTS: "sam-gone"})
    assert choose_segmenter([model, *sams]).name == "sam-one"
