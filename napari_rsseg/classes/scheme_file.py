"""Schemes as TOML that people write: read with all problems at once, and written back."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from napari_rsseg.classes.findings import sentences_of
from napari_rsseg.classes.scheme import ClassDefinition, Scheme, builtin_scheme
from napari_rsseg.errors import SchemeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["dump_scheme", "load_scheme", "named_scheme"]

_EXAMPLE = (
    'name = "burns", background = ["unburnt"] and per class [[classes]] with name and colour = "#rrggbb"'
)


def load_scheme(path: Path) -> Scheme:
    """Read a scheme from a TOML file.

    Parameters
    ----------
    path : Path
        With ``name``, ``background`` (names) and, in order of their ids, ``[[classes]]`` of ``name``,
        ``colour`` (``#rrggbb``), ``definition``, ``minimum_mapping_unit_m2`` and ``example`` (a picture,
        relative to the file).

    Raises
    ------
    SchemeError
        With all that is wrong, each with its key; unknown keys with the nearest known one.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SchemeError(
            f"Scheme {path} cannot be read ({error.strerror}).", "Name a TOML file of classes."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SchemeError(f"Scheme {path} is no TOML: {error}.", f"Write it as {_EXAMPLE}.") from error
    try:
        scheme = Scheme(**raw)
    except SchemeError as error:
        cause = error.__cause__
        known = (Scheme.model_fields, ClassDefinition.model_fields)
        found = sentences_of(cause, *known) if isinstance(cause, ValidationError) else [error.found]
        raise _refusal(path, [*found, *_name_problems(raw, found)]) from error
    return _with_pictures(path, scheme)


def named_scheme(name_or_path: str) -> Scheme:
    """Return a scheme by built-in name, or from a TOML file where the name ends in ``.toml``.

    Raises
    ------
    SchemeError
        When there is none of that name, or the file is no valid scheme.
    """
    path = Path(name_or_path).expanduser()
    return load_scheme(path) if path.suffix.lower() == ".toml" else builtin_scheme(name_or_path)


def dump_scheme(scheme: Scheme) -> str:
    """Return the TOML text that ``load_scheme`` reads back as the same scheme."""
    import tomlkit

    document = tomlkit.document()
    document["name"] = scheme.name
    document["background"] = list(scheme.background)
    classes = tomlkit.aot()
    for definition in scheme.classes:
        table = tomlkit.table()
        for key, value in definition.model_dump(exclude_defaults=True).items():
            table[key] = value
        classes.append(table)
    document["classes"] = classes
    return tomlkit.dumps(document)


def _refusal(path: Path, problems: Iterable[str]) -> SchemeError:
    return SchemeError(f"Scheme {path} is not valid: {'; '.join(problems)}.", f"Write it as {_EXAMPLE}.")


def _name_problems(raw: Mapping[str, object], found: list[str]) -> list[str]:
    """Return what the scheme as a whole would complain of, had its fields been right."""
    classes = raw.get("classes")
    entries = [entry for entry in classes if isinstance(entry, dict)] if isinstance(classes, list) else []
    names = [name for entry in entries if isinstance(name := entry.get("name"), str)]
    problems = []
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        problems.append(f"classes {', '.join(repeated)} are named more than once")
    background = raw.get("background", [])
    unknown = [name for name in background if name not in names] if isinstance(background, list) else []
    if unknown:
        problems.append(f"background {', '.join(map(str, unknown))} is none of the classes")
    return [] if any(sentence.startswith("Scheme ") for sentence in found) else problems


def _with_pictures(path: Path, scheme: Scheme) -> Scheme:
    """Resolve example pictures against the folder of the file."""
    classes, missing = [], []
    for index, definition in enumerate(scheme.classes):
        if definition.example is None:
            classes.append(definition)
            continue
        picture = path.parent / definition.example
        if not picture.is_file():
            missing.append(f"classes[{index}].example {picture} does not exist")
        classes.append(definition.model_copy(update={"example": str(picture)}))
    if missing:
        raise _refusal(path, missing)
    return scheme.model_copy(update={"classes": tuple(classes)})
