from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Labels

from napari_rsseg.classes.scheme import BUILTIN_SCHEMES, CLOUD, IGNORED, LANDSLIDE, Scheme
from napari_rsseg.viewer.layers import confidence_colormap, guard_ids, label_arguments, label_colormap

schemes = pytest.mark.parametrize("scheme", BUILTIN_SCHEMES.values(), ids=BUILTIN_SCHEMES.keys())


def _layer(scheme: Scheme) -> Labels:
    layer = Labels(np.full((20, 20), IGNORED, np.uint8), **label_arguments(scheme))
    guard_ids(layer, scheme)
    return layer


@schemes
def test_each_class_has_the_colour_of_its_scheme(scheme: Scheme) -> None:
    colours = label_colormap(scheme, show_background=True)
    for index, definition in enumerate(scheme.classes):
        wanted = [int(definition.colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        assert np.allclose(colours.map(np.uint8(index))[:3], wanted, atol=1 / 255)


@schemes
def test_background_is_transparent_until_it_is_shown(scheme: Scheme) -> None:
    for index in scheme.background_ids:
        assert label_colormap(scheme).map(np.uint8(index))[3] == 0
        assert label_colormap(scheme, show_background=True).map(np.uint8(index))[3] == 1


@schemes
def test_nothing_said_is_transparent_and_ids_outside_are_magenta(scheme: Scheme) -> None:
    colours = label_colormap(scheme)
    assert colours.map(np.uint8(IGNORED))[3] == 0
    assert np.allclose(colours.map(np.uint8(77)), [1, 0, 1, 1])


def test_the_eraser_says_nothing() -> None:
    layer = _layer(CLOUD)
    layer.data[...] = 3
    layer.brush_size = 5
    layer.mode = "erase"
    layer.paint((10, 10), layer.colormap.background_value)
    assert layer.data[10, 10] == IGNORED


@pytest.mark.parametrize("wanted", [4, 77, 254])
def test_an_id_outside_the_scheme_cannot_be_selected(wanted: int) -> None:
    layer = _layer(CLOUD)
    layer.selected_label = 2
    layer.selected_label = wanted
    assert layer.selected_label == 2


@pytest.mark.parametrize("wanted", [0, 3, IGNORED])
def test_ids_of_the_scheme_and_the_eraser_can_be_selected(wanted: int) -> None:
    layer = _layer(CLOUD)
    layer.selected_label = wanted
    assert layer.selected_label == wanted


def test_painting_starts_with_the_first_class_that_is_not_background() -> None:
    assert _layer(LANDSLIDE).selected_label == 1


def test_hover_names_the_class() -> None:
    layer = _layer(CLOUD)
    layer.data[5, 5] = 1
    status = layer.get_status((5, 5), world=True, view_direction=np.asarray([0, 0]), dims_displayed=[0, 1])
    assert "cloud shadow" in status["value"]


def test_confidence_fades_out_where_the_model_is_sure() -> None:
    colours = confidence_colormap()
    doubtful, sure, nothing = (colours.map(np.asarray([value / 255]))[0] for value in (100, 250, 255))
    assert doubtful[3] > 0.3
    assert sure[3] < 0.05
    assert nothing[3] == 0
