"""Model cards as JSON text: read strictly, every problem named at once."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pydantic import BaseModel, JsonValue, ValidationError

from napari_rsseg.errors import ModelError, RssegError
from napari_rsseg.registry.card import Card, ClassMetric, Evaluation, InputValues
from napari_rsseg.registry.card_words import described

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

__all__ = ["card_of", "card_schema", "card_text", "read_card"]

_LARGEST_BYTES = 4_000_000  # a card is some kilobytes; never load what is no card
_REMEDY = "Correct the card, or take the one that came with the weights."


def _refuse_constant(name: str) -> JsonValue:
    raise ValueError(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    values = dict(pairs)
    if len(values) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key {next(key for key in keys if keys.count(key) > 1)!r} is given twice")
    return values


def _fields_near(location: tuple[int | str, ...]) -> list[str]:
    """Return the names that could be meant where an unknown key was found."""
    models: dict[str, type[BaseModel]] = {
        "evaluations": Evaluation, "per_class": ClassMetric, "input_values": InputValues,
    }  # fmt: skip
    parents = [models[part] for part in location[:-1] if isinstance(part, str) and part in models]
    return list((parents[-1] if parents else Card).model_fields)


def _sentence(entry: ErrorDetails) -> str:
    place = ".".join(str(part) for part in entry["loc"]) or "card"
    if entry["type"] == "extra_forbidden":
        near = get_close_matches(str(entry["loc"][-1]), _fields_near(entry["loc"]), n=1)
        return f"{place}: unknown key" + (f", did you mean {near[0]}?" if near else "")
    message = entry["msg"].removeprefix("Value error, ")
    return f"{place}: {message[:1].lower()}{message[1:]}"


def card_of(values: Mapping[str, JsonValue], *, source: str) -> Card:
    """Return the card that these values state.

    Parameters
    ----------
    values : mapping
        As in the JSON file.
    source : str
        What the values come from, for the message.

    Raises
    ------
    ModelError
        With all keys that are missing, unknown or out of range.
    """
    try:
        return Card.model_validate(values)
    except ValidationError as error:
        problems = "; ".join(_sentence(entry) for entry in error.errors())
        raise ModelError(f"{source} is not a model card ({problems}).", _REMEDY) from None
    except RssegError as error:  # a check across fields
        raise ModelError(f"{source} is not a model card ({error.found})", error.remedy) from None


def read_card(path: Path) -> Card:
    """Read a model card.

    Raises
    ------
    ModelError
        When the file cannot be read, is not JSON, or states no valid card; all problems are listed.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ModelError(f"{path} has {path.stat().st_size} bytes, too many for a model card.", _REMEDY)
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read ({error.strerror}).", "Check that the file exists and may be read."
        ) from None
    except UnicodeDecodeError:
        raise ModelError(f"{path} is not a model card (not UTF-8 text).", _REMEDY) from None
    try:
        values = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not a model card (not JSON: {error}).", _REMEDY) from None
    if not isinstance(values, dict):
        raise ModelError(f"{path} is not a model card (a JSON object is expected).", _REMEDY)
    return card_of(values, source=str(path))


def card_text(card: Card) -> str:
    """Return the JSON of a card, as it is written beside its weights."""
    return json.dumps(card.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def card_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of model cards, with the meaning of each field."""
    schema = described(Card.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
