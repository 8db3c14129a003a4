"""What each field of a card means, as its class says it."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

from napari_rsseg.registry.card import Card, ClassMetric, Evaluation, InputValues

if TYPE_CHECKING:
    from pydantic import BaseModel, JsonValue

__all__ = ["described", "field_words"]

_PARTS: dict[str, type[BaseModel]] = {part.__name__: part for part in (ClassMetric, Evaluation, InputValues)}
_ENTRY = re.compile(r"^(?P<names>\w+(?:, \w+)*) : [^\n]+\n(?P<words>(?:^    .+\n?)+)", re.MULTILINE)


def field_words(model: type[BaseModel]) -> dict[str, str]:
    """Return the sentences on each field that the class docstring has under Attributes."""
    _, _, attributes = inspect.getdoc(model).partition("Attributes\n----------\n")  # type: ignore[union-attr]
    return {
        name: " ".join(entry["words"].split())
        for entry in _ENTRY.finditer(attributes + "\n")
        for name in entry["names"].split(", ")
    }


def described(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a card's JSON Schema with the meaning of each field, its parts' fields too."""
    parts = schema["$defs"]
    assert isinstance(parts, dict)
    told = {name: _described(parts[name], model) for name, model in _PARTS.items()}
    return {**_described(schema, Card), "$defs": {**parts, **told}}


def _described(schema: JsonValue, model: type[BaseModel]) -> dict[str, JsonValue]:
    assert isinstance(schema, dict)
    properties, words = schema["properties"], field_words(model)
    assert isinstance(properties, dict)
    told: dict[str, JsonValue] = {
        name: {**entry, "description": words[name]} if isinstance(entry, dict) and name in words else entry
        for name, entry in properties.items()
    }
    return {**schema, "properties": told}
