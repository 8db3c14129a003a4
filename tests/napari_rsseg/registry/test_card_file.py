from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_rsseg.errors import ModelError
from napari_rsseg.registry import ModelFile, card_schema, card_text, read_card

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue


def test_a_card_read_again_is_the_same(saved: ModelFile) -> None:
    assert read_card(saved.card_path) == saved.card
    assert saved.card_path.read_text(encoding="utf-8") == card_text(saved.card)


def test_all_problems_of_a_card_are_named_at_once(tmp_path: Path, card_values: dict[str, JsonValue]) -> None:
    values = {**card_values, "sha256": "0" * 64, "tile_px": 8, "temperatur": 2.0, "family": "Res Net"}
    del values["licence"]
    path = tmp_path / "hills-unet.json"
    path.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        read_card(path)
    for part in (
        str(path),
        "tile_px:",
        "temperatur: unknown key, did you mean temperature?",
        "family:",
        "licence:",
    ):
        assert part in caught.value.found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "not JSON"),
        (b"[1, 2]", "a JSON object is expected"),
        (b'{"name": "a", "name": "b"}', "key 'name' is given twice"),
        (b'{"temperature": NaN}', "NaN is not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (b" " * 4_000_001, "too many"),
    ],
    ids=["empty", "a list", "a key twice", "NaN", "bytes", "too deep", "too large"],
)
def test_what_is_no_card_is_refused_with_the_reason(tmp_path: Path, text: bytes, reason: str) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(text)
    with pytest.raises(ModelError, match=reason):
        read_card(path)


def test_checks_across_fields_name_the_card_file(tmp_path: Path, card_values: dict[str, JsonValue]) -> None:
    path = tmp_path / "hills-unet.json"
    path.write_text(json.dumps({**card_values, "sha256": "0" * 64, "bands": ["red"]}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"hills-unet\.json.*3 values of mean for 1 bands"):
        read_card(path)


@given(cut=st.integers(0, 400), junk=st.binary(max_size=6))
def test_a_damaged_card_is_refused_in_a_sentence_or_read(
    tmp_path_factory: pytest.TempPathFactory, cut: int, junk: bytes
) -> None:
    text = b'{"name": "a", "title": "b", "family": "unet", "scheme": null, "bands": [], "tile_px": 64}'
    path = tmp_path_factory.mktemp("cards") / "a.json"
    path.write_bytes(text[:cut] + junk + text[cut:])
    with pytest.raises(ModelError, match=r"a\.json"):
        read_card(path)


def test_the_schema_lists_the_fields_of_a_card(saved: ModelFile) -> None:
    properties = card_schema()["properties"]
    assert isinstance(properties, dict)
    assert set(properties) == set(saved.card.model_dump())
