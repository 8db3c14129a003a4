from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_rsseg.engine.prompting.prompts import Candidate, PackedMask
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.prompt_pictures import (
    add_preview,
    add_regions,
    region_at,
    show_mask,
    show_regions,
)
from napari_rsseg.viewer.world import World

RED = np.array([[1.0, 0.0, 0.0, 1.0]])


@pytest.fixture
def place() -> tuple[Any, SyntheticScene, World]:
    scene = SyntheticScene(64, 0)
    return ViewerModel(), scene, World(scene.georeference)


def square(row: int, column: int, side: int) -> Candidate:
    window = Window(row, row + side, column, column + side)
    return Candidate(window, PackedMask.of(np.ones(window.shape, dtype=np.bool_)), 0.9)


def test_a_mask_lies_where_it_belongs_in_the_colour_of_its_class(
    place: tuple[Any, SyntheticScene, World],
) -> None:
    layer = add_preview(*place)
    show_mask(layer, square(10, 20, 4), RED)
    scene_affine = place[2].placement(place[1])["affine"]
    assert np.allclose(layer.data_to_world((0, 0)), (scene_affine @ (10, 20, 1))[:2])
    assert layer.data.shape == (4, 4)
    assert layer.colormap.map(np.uint8(1)).ravel().tolist() == [1, 0, 0, 1]
    show_mask(layer, None, RED)
    assert not layer.data.any()


def test_a_class_that_is_drawn_clear_is_previewed_in_white(place: tuple[Any, SyntheticScene, World]) -> None:
    layer = add_preview(*place)
    show_mask(layer, square(0, 0, 2), np.zeros(4))
    assert layer.colormap.map(np.uint8(1)).ravel().tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("side", [100, 9000], ids=["every pixel", "each third pixel"])
def test_the_smaller_of_two_regions_is_on_top_and_assigned_ones_are_clear(
    place: tuple[Any, SyntheticScene, World], side: int
) -> None:
    layer, view = add_regions(*place), Window(5, 5 + side, 5, 5 + side)
    regions = (square(5, 5, side // 2), square(20, 20, side // 5))
    show_regions(layer, regions, frozenset(), view)
    small = 20 + side // 10
    world = place[2].placement(place[1])["affine"] @ (small, small, 1)
    assert region_at(layer, world[:2]) == 1
    large = place[2].placement(place[1])["affine"] @ (5 + side // 2 - 3, 8, 1)
    assert region_at(layer, large[:2]) == 0
    show_regions(layer, regions, {1}, view)
    assert region_at(layer, world[:2]) is None
    outside = place[2].placement(place[1])["affine"] @ (-50, -50, 1)
    assert region_at(layer, outside[:2]) is None
