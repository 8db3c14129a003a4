"""What numbers and colours of masks mean is read as people write it, and never guessed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.classes import CLOUD, GRASS, IGNORED, LANDSLIDE
from napari_rsseg.datasets.label_map import UNKNOWN, parse_label_map
from napari_rsseg.errors import SchemeError


def ids(text: str, values: object, tolerance: int = 0, scheme: str = "cloud") -> list[int]:
    chosen = {"cloud": CLOUD, "grass": GRASS, "landslide": LANDSLIDE}[scheme]
    found = parse_label_map(text, chosen, tolerance=tolerance).translate(np.array(values))
    return [int(label) for label in found]


def test_numbers_ranges_and_what_is_not_named() -> None:
    assert ids("64=cloud shadow, 128-200=cloud,9=ignore", [64, 128, 200, 9, 0, 3, 255]) == [
        1, 3, 3, IGNORED, 0, 3, IGNORED,
    ]  # fmt: skip
    assert ids("64=cloud", [4, 63, 201, 254]) == [UNKNOWN] * 4
    assert ids("", [0, 1.5, np.nan]) == [0, UNKNOWN, IGNORED]


def test_255_is_a_class_only_where_it_is_named() -> None:
    assert ids("255=landslide", [0, 255], scheme="landslide") == [0, 1]
    assert ids("", [0, 255], scheme="landslide") == [0, IGNORED]


def test_colours_are_named_in_brackets_and_black_is_background_only_where_there_is_one() -> None:
    colours = [[255, 0, 255], [0, 0, 0], [255, 255, 255]]
    assert ids("(255,0,255)=landslide", colours, scheme="landslide") == [1, 0, UNKNOWN]
    assert ids("(255,0,255)=high", colours, scheme="grass") == [4, UNKNOWN, UNKNOWN]
    assert ids("(255, 0, 255)=landslide,(255,255,255)=ignore", colours, scheme="landslide") == [1, 0, IGNORED]
    assert ids("255=landslide,(255,0,255)=landslide", colours, scheme="landslide") == [1, 0, 1]


def test_tolerance_takes_blurred_edges_to_the_nearest_entry() -> None:
    edge = [[250, 6, 255], [5, 5, 5], [140, 0, 140], [120, 0, 120]]
    assert ids("(255,0,255)=landslide", edge, 10, "landslide") == [1, 0, UNKNOWN, UNKNOWN]
    assert ids("(255,0,255)=landslide", edge, 127, "landslide") == [1, 0, 1, 0]
    assert ids("0=background,255=landslide", [1, 127, 128, 254], 127, "landslide") == [0, 0, 1, 1]


@given(value=st.integers(0, 255), tolerance=st.integers(0, 255))
def test_a_value_as_near_to_two_classes_is_none_of_them(value: int, tolerance: int) -> None:
    (found,) = ids("100=cloud shadow,120=cloud,0=clear", [value], tolerance)
    distances = {0: value, 1: abs(value - 100), 3: abs(value - 120)}
    nearest = min(distances.values())
    winners = [label for label, distance in distances.items() if distance == nearest <= tolerance]
    if len(winners) == 1:
        assert found == winners[0]
    elif value == IGNORED:
        assert found == IGNORED
    else:
        assert found == (value if not tolerance and value < 4 else UNKNOWN)


@pytest.mark.parametrize("text", ["7", "x=cloud", "70000=cloud", "(1,2)=cloud", "(1,2,300)=cloud", "3=fog"])
def test_mistakes_are_told_all_at_once_with_the_form(text: str) -> None:
    with pytest.raises(SchemeError, match="mistakes") as caught:
        parse_label_map(f"1=cloud,{text},2=none", CLOUD)
    assert "'none' is no class" in caught.value.found
    assert text.partition("=")[0] in caught.value.found or text.partition("=")[2] in caught.value.found


def test_a_negative_tolerance_is_refused() -> None:
    with pytest.raises(SchemeError, match="-1"):
        parse_label_map("", CLOUD, tolerance=-1)
