from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from napari_rsseg.errors import ModelError
from napari_rsseg.registry import Card

if TYPE_CHECKING:
    from pydantic import JsonValue


@pytest.fixture
def values(card_values: dict[str, JsonValue]) -> dict[str, Any]:
    return {**card_values, "sha256": "0" * 64}


def test_a_card_says_what_it_does_not_know_by_neutral_values(values: dict[str, Any]) -> None:
    card = Card.model_validate(values)
    assert card.temperature == 1.0
    assert not card.logit_bias
    assert not card.evaluations
    assert not card.training_data
    assert card.parent is None
    assert card.base is None


@pytest.mark.parametrize("field", ["mean", "std"])
def test_normalisation_has_one_value_per_band(values: dict[str, Any], field: str) -> None:
    values["input_values"] = {**values["input_values"], field: [0.5]}
    with pytest.raises(ModelError, match=f"1 values of {field} for 3 bands"):
        Card.model_validate(values)


def test_logit_biases_are_one_per_class(values: dict[str, Any]) -> None:
    assert Card.model_validate({**values, "logit_bias": [0.0, 1.5]}).logit_bias == (0.0, 1.5)
    with pytest.raises(ModelError, match="3 logit biases"):
        Card.model_validate({**values, "logit_bias": [0.0, 1.5, 2.0]})
    with pytest.raises(ModelError, match="2 logit biases"):
        Card.model_validate({**values, "scheme": None, "logit_bias": [0.0, 1.5]})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "../up"),
        ("name", ""),
        ("sha256", "0" * 63),
        ("temperature", 0),
        ("tile_px", 31),
        ("bands", ["red", "green", "infra"]),
        ("schema_version", 2),
    ],
)
def test_what_a_program_could_stumble_over_is_refused(
    values: dict[str, Any], field: str, value: object
) -> None:
    with pytest.raises(ValidationError, match=field):
        Card.model_validate({**values, field: value})
