from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes import Window

SIDE = 40


@st.composite
def windows(draw: st.DrawFn) -> Window:
    rows = sorted(draw(st.tuples(st.integers(0, SIDE), st.integers(0, SIDE))))
    columns = sorted(draw(st.tuples(st.integers(0, SIDE), st.integers(0, SIDE))))
    return Window(rows[0], rows[1], columns[0], columns[1])


def pixels_of(window: Window) -> np.ndarray:
    inside = np.zeros((SIDE, SIDE), dtype=bool)
    inside[window.slices] = True
    return inside


@given(window=windows())
def test_a_window_has_as_many_pixels_as_it_cuts_out(window: Window) -> None:
    assert pixels_of(window).sum() == window.height * window.width
    assert window.shape == np.empty((SIDE, SIDE))[window.slices].shape
    assert window.is_empty == (not pixels_of(window).any())


@given(first=windows(), second=windows())
def test_an_intersection_holds_the_pixels_of_both(first: Window, second: Window) -> None:
    common = first.intersection(second)
    assert np.array_equal(pixels_of(common), pixels_of(first) & pixels_of(second))
    if not second.is_empty:
        assert first.contains(second) == bool(pixels_of(first)[second.slices].all())


@given(window=windows(), margin=st.integers(0, 9), rows=st.integers(-9, 9), columns=st.integers(-9, 9))
def test_growing_and_shifting_can_be_undone(window: Window, margin: int, rows: int, columns: int) -> None:
    grown = window.grown(margin)
    assert grown.shape == (window.height + 2 * margin, window.width + 2 * margin)
    assert grown.contains(window)
    assert window.shifted(rows, columns).shifted(-rows, -columns) == window


@given(outer=windows(), data=st.data())
def test_a_part_in_coordinates_of_the_whole_is_the_same_part(outer: Window, data: st.DataObject) -> None:
    inner = data.draw(windows()).intersection(outer)
    everything = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    there = everything[outer.slices][inner.within(outer).slices]
    assert inner.is_empty or np.array_equal(there, everything[inner.slices])


@given(window=windows())
def test_what_is_printed_is_read_again(window: Window) -> None:
    assert Window.parse(str(window)) == window


@pytest.mark.parametrize("text", ["", "0:5", "0:5,0", "a:b,c:d", "0:5,0:5,0:5", "0-5,0-5", "1.5:2,0:1"])
def test_text_of_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SceneError, match=r"is not a window.*0:512,0:512"):
        Window.parse(text)


@pytest.mark.parametrize("text", ["5:0,0:5", "0:5,5:0"])
def test_a_window_that_ends_before_it_starts_is_refused(text: str) -> None:
    with pytest.raises(SceneError, match="ends before it starts"):
        Window.parse(text)
