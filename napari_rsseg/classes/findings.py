"""What is wrong with a scheme, in sentences with their keys."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

__all__ = ["sentences_of"]

_SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "is unknown",
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "greater_than": "must be above 0",
    "string_too_short": "must not be empty",
}


def sentences_of(
    error: ValidationError, scheme_keys: Collection[str], class_keys: Collection[str]
) -> list[str]:
    """Return pydantic's findings as people read them; unknown keys with the nearest known one.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    scheme_keys, class_keys : collection of str
        Known keys of a scheme, and of a class in it.
    """
    return [_sentence(detail, scheme_keys, class_keys) for detail in error.errors()]


def _sentence(detail: ErrorDetails, scheme_keys: Collection[str], class_keys: Collection[str]) -> str:
    keys = detail["loc"]
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
    kind = detail["type"]
    if kind == "value_error":
        return str(detail["ctx"]["error"]).removesuffix(".")
    if kind == "string_pattern_mismatch":
        form = "#rrggbb" if keys[-1] == "colour" else "lower-case letters, digits, - and _, a letter first"
        return f"{place} is {detail['input']!r}, not of the form {form}"
    sentence = f"{place} {_SENTENCES.get(kind, detail['msg'])}"
    if kind == "extra_forbidden":
        known = class_keys if len(keys) > 1 else scheme_keys
        nearest = difflib.get_close_matches(str(keys[-1]), list(known), n=1, cutoff=0.0)
        sentence += f", the nearest known key is {nearest[0]}"
    return sentence
