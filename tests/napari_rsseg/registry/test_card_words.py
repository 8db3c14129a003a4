from __future__ import annotations

from napari_rsseg.registry import card_schema
from napari_rsseg.registry.card import Card, Evaluation, InputValues
from napari_rsseg.registry.card_words import field_words
from napari_rsseg.registry.mlm import MLM_FIELDS


def test_every_field_of_a_card_has_its_sentence() -> None:
    assert Card.model_fields.keys() - field_words(Card).keys() == {"schema_version"}
    assert field_words(Card)["gsd_max_m"] == "Ground sampling distances it was trained for, metres."
    assert InputValues.model_fields.keys() == field_words(InputValues).keys()
    assert Evaluation.model_fields.keys() == field_words(Evaluation).keys()


def test_the_schema_says_what_each_field_means() -> None:
    properties = card_schema()["properties"]
    assert isinstance(properties, dict)
    told = {name for name, entry in properties.items() if isinstance(entry, dict) and "description" in entry}
    assert told == properties.keys() - {"schema_version"}


def test_only_fields_of_a_card_are_said_in_the_words_of_the_extension() -> None:
    assert MLM_FIELDS.keys() <= Card.model_fields.keys()
