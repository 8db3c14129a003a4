"""Configurations that training programs leave in their files as Python text, read as data."""

from __future__ import annotations

import ast
from typing import Any

__all__ = ["read_config", "section_of"]

_LONGEST = 1_000_000
"""Characters of the longest text that is looked at; published ones have some ten thousand."""


def read_config(text: str) -> dict[str, Any]:
    """Read the assignments of a configuration of mmengine or mmcv; nothing of it runs.

    Parameters
    ----------
    text : str
        Assignments of literals, ``dict(...)`` of them, and names assigned before.

    Returns
    -------
    dict
        By assigned name. An assignment that is more than data is left out, as is all of a text that is no
        Python.
    """
    found: dict[str, Any] = {}
    try:
        statements = ast.parse(text[:_LONGEST]).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                try:
                    found[name] = _data(value, found)
                except _MoreThanDataError:
                    continue
    return found


def section_of(config: str | None, *names: str) -> dict[str, Any]:
    """Return a ``dict`` inside a configuration by the names that lead to it; empty where there is none."""
    section: Any = read_config(config) if config else {}
    for name in names:
        section = section.get(name) if isinstance(section, dict) else None
    return section if isinstance(section, dict) else {}


class _MoreThanDataError(Exception):
    """An expression would have to be carried out."""


def _data(node: ast.expr, names: dict[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.List(elts=parts):
            return [_data(part, names) for part in parts]
        case ast.Tuple(elts=parts):
            return tuple(_data(part, names) for part in parts)
        case ast.Dict(keys=keys, values=values) if None not in keys:
            pairs = zip(keys, values, strict=True)
            return {str(_data(key, names)): _data(value, names) for key, value in pairs if key is not None}
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            named = {keyword.arg: keyword.value for keyword in keywords}
            if None not in named:
                return {str(key): _data(value, names) for key, value in named.items()}
        case ast.Name(id=name) if name in names:
            return names[name]
    raise _MoreThanDataError
