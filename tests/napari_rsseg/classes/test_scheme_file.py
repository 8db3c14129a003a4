"""Schemes are read from TOML with all problems at once, and written so that they read back the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_rsseg.classes import (
    BUILTIN_SCHEMES,
    GRASS,
    ClassDefinition,
    Scheme,
    dump_scheme,
    load_scheme,
    named_scheme,
)
from napari_rsseg.errors import SchemeError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
name = "burns"
background = ["unburnt"]

[[classes]]
name = "unburnt"
colour = "#999999"

[[classes]]
name = "burnt"
colour = "#d55e00"
definition = "Blackened ground."
minimum_mapping_unit_m2 = 500
"""
BAD = """
name = "Burns!"
backgroud = ["unburnt"]
background = ["cloud"]

[[classes]]
name = "burnt"
colour = "red"
defintion = "Blackened ground."

[[classes]]
name = "burnt"
minimum_mapping_unit_m2 = -1
colour = "#000000"

[[classes]]
name = "third"
"""
text = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(str.strip).map(str.strip)
schemes = st.builds(
    lambda names, units, background: Scheme(
        name="any",
        classes=tuple(
            ClassDefinition(
                name=name,
                colour=f"#{hash(name) % 2**24:06x}",
                definition=name[::-1],
                minimum_mapping_unit_m2=unit,
            )
            for name, unit in zip(names, units, strict=False)
        ),
        background=tuple(names[:background]),
    ),
    st.lists(text, min_size=1, max_size=5, unique=True),
    st.lists(st.none() | st.floats(1e-3, 1e9), min_size=5, max_size=5),
    st.integers(0, 1),
)


def written(folder: Path, content: str) -> Path:
    path = folder / "scheme.toml"
    path.write_text(content, encoding="utf-8")
    return path


def test_a_scheme_of_ones_own_is_read(tmp_path: Path) -> None:
    scheme = load_scheme(written(tmp_path, GOOD))
    assert scheme.names == ("unburnt", "burnt")
    assert scheme.background_ids == (0,)
    assert scheme.classes[1].minimum_mapping_unit_m2 == 500.0


def test_all_problems_are_said_at_once_with_their_keys(tmp_path: Path) -> None:
    with pytest.raises(SchemeError) as caught:
        load_scheme(written(tmp_path, BAD))
    message = str(caught.value)
    for part in (
        "name is 'Burns!'",
        "backgroud is unknown, the nearest known key is background",
        "classes[0].colour is 'red', not of the form #rrggbb",
        "classes[0].defintion is unknown, the nearest known key is definition",
        "classes[1].minimum_mapping_unit_m2 must be above 0",
        "classes[2].colour is missing",
        "classes burnt are named more than once",
        "background cloud is none of the classes",
    ):
        assert part in message


@pytest.mark.parametrize("scheme", BUILTIN_SCHEMES.values(), ids=lambda scheme: scheme.name)
def test_built_in_schemes_survive_the_way_through_toml(scheme: Scheme, tmp_path: Path) -> None:
    assert load_scheme(written(tmp_path, dump_scheme(scheme))) == scheme


@settings(max_examples=40, deadline=None)
@given(scheme=schemes)
def test_any_scheme_survives_the_way_through_toml(
    scheme: Scheme, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert load_scheme(written(tmp_path_factory.mktemp("toml"), dump_scheme(scheme))) == scheme


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("name = ", "no TOML"),
        ("", "name is missing"),
        ('name = "a"\nclasses = "b"', "classes must be a list"),
        ('name = "a"\nclasses = ["b"]', "classes[0] must be a table"),
        ('name = "a"\nclasses = []', "0 classes"),
    ],
    ids=["broken", "empty", "no list", "no table", "no classes"],
)
def test_what_is_no_scheme_is_said(content: str, part: str, tmp_path: Path) -> None:
    with pytest.raises(SchemeError) as caught:
        load_scheme(written(tmp_path, content))
    assert part in str(caught.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SchemeError, match="cannot be read"):
        load_scheme(tmp_path / "none.toml")


def test_example_pictures_are_found_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "burnt.png").write_bytes(b"picture")
    content = GOOD + 'example = "burnt.png"\n'
    assert load_scheme(written(tmp_path, content)).classes[1].example == str(tmp_path / "burnt.png")
    with pytest.raises(SchemeError, match=r"classes\[1\]\.example .*gone\.png does not exist"):
        load_scheme(written(tmp_path, content.replace("burnt.png", "gone.png")))


def test_a_scheme_is_named_by_its_name_or_its_file(tmp_path: Path) -> None:
    (tmp_path / "own.TOML").write_text(GOOD, encoding="utf-8")
    assert named_scheme("grass") is GRASS
    assert named_scheme(str(tmp_path / "own.TOML")).name == "burns"
    with pytest.raises(SchemeError, match="no scheme 'burns'"):
        named_scheme("burns")
