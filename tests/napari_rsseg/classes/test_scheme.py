from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.classes import (
    BUILTIN_SCHEMES,
    IGNORED,
    PALETTES,
    ClassDefinition,
    Scheme,
    builtin_scheme,
    colour_table,
    recolour,
)
from napari_rsseg.errors import SchemeError

NAMES = st.lists(
    st.text("abcdefghij -", min_size=1).filter(str.strip), min_size=1, max_size=20, unique_by=str.strip
)


def scheme_of(*names: str, background: tuple[str, ...] = ()) -> Scheme:
    classes = tuple(ClassDefinition(name=name, colour="#102030") for name in names)
    return Scheme(name="own", classes=classes, background=background)


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("grass", ("low", "middle-low", "middle", "middle-high", "high")),
        ("cloud", ("clear", "cloud shadow", "thin cloud", "cloud")),
        ("landslide", ("background", "landslide")),
    ],
)
def test_the_built_in_schemes_are_closed_and_ordered(task: str, names: tuple[str, ...]) -> None:
    assert builtin_scheme(task).names == names


def test_every_built_in_class_says_what_belongs_to_it() -> None:
    definitions = [entry for scheme in BUILTIN_SCHEMES.values() for entry in scheme.classes]
    assert all(entry.definition.endswith(".") for entry in definitions)


def test_what_stays_transparent_is_named_by_the_scheme() -> None:
    assert {name: scheme.background for name, scheme in BUILTIN_SCHEMES.items()} == {
        "grass": (),
        "cloud": ("clear",),
        "landslide": ("background",),
    }
    assert scheme_of("a", "b", "c", background=("c", "a")).background_ids == (0, 2)


@given(names=NAMES)
def test_the_id_of_a_class_is_its_place(names: list[str]) -> None:
    scheme = scheme_of(*names)
    assert scheme.names == tuple(name.strip() for name in names)
    assert [scheme.id_of(name) for name in scheme.names] == list(range(len(names)))


@given(names=NAMES)
def test_a_scheme_comes_back_from_json_as_it_was(names: list[str]) -> None:
    scheme = scheme_of(*names, background=(names[0].strip(),))
    assert Scheme.model_validate_json(scheme.model_dump_json()) == scheme


def test_every_id_but_255_can_be_a_class_and_no_more() -> None:
    most = [str(number) for number in range(IGNORED)]
    assert scheme_of(*most).id_of("254") == IGNORED - 1
    with pytest.raises(SchemeError, match="256 classes"):
        scheme_of(*most, "one more")
    with pytest.raises(SchemeError, match="0 classes"):
        scheme_of()


def test_two_classes_of_one_name_are_refused_by_name() -> None:
    with pytest.raises(SchemeError, match=re.escape("['mud'] more than once")):
        scheme_of("mud", "rock", "mud")


def test_a_background_that_is_no_class_is_refused_by_name() -> None:
    with pytest.raises(SchemeError, match="sky"):
        scheme_of("mud", background=("sky",))


def test_an_unknown_class_is_answered_with_those_there_are() -> None:
    with pytest.raises(SchemeError, match=r"no class 'snow'.*background, landslide"):
        builtin_scheme("landslide").id_of("snow")


def test_an_unknown_scheme_is_answered_with_those_there_are() -> None:
    with pytest.raises(SchemeError, match=r"no scheme 'water'.*grass, cloud, landslide"):
        builtin_scheme("water")


@given(names=NAMES)
def test_ids_outside_the_scheme_have_no_colour(names: list[str]) -> None:
    table = colour_table(scheme_of(*names))
    assert (table[: len(names)] == (0x10, 0x20, 0x30, 255)).all()
    assert not table[len(names) :].any()
    assert table.dtype == np.uint8


def test_a_palette_for_another_number_of_classes_is_refused() -> None:
    shorter = Scheme(name="grass", classes=builtin_scheme("grass").classes[:3])
    with pytest.raises(SchemeError, match="5 colours for 3 classes"):
        recolour(shorter, next(iter(PALETTES["grass"])))


def test_all_that_is_wrong_with_a_scheme_is_said_with_its_keys() -> None:
    with pytest.raises(SchemeError) as caught:
        Scheme(name="Mud!", classes=({"name": "mud", "colour": "brown"},))
    assert "name is 'Mud!'" in str(caught.value)
    assert "classes[0].colour is 'brown', not of the form #rrggbb" in str(caught.value)
