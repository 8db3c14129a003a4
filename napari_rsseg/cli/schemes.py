"""Class schemes as users name them: a built-in name, or a TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from napari_rsseg.classes.scheme import Scheme, builtin_scheme
from napari_rsseg.errors import SchemeError

__all__ = ["scheme_of"]


def scheme_of(name_or_path: str) -> Scheme:
    """Return a scheme by built-in name or from a TOML file.

    Raises
    ------
    SchemeError
        When there is none of that name, or the file states no valid scheme; all problems are listed.
    """
    path = Path(name_or_path).expanduser()
    if path.suffix.lower() != ".toml":
        return builtin_scheme(name_or_path)
    try:
        return Scheme.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SchemeError(f"{path} cannot be read ({error.strerror}).", "Check the path.") from None
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in entry['loc']) or 'scheme'}: {entry['msg']}"
            for entry in error.errors()
        )
        raise SchemeError(f"{path} is not a class scheme ({problems}).", "Correct the file.") from None
    except ValueError as error:  # TOML or UTF-8
        raise SchemeError(f"{path} is not TOML ({error}).", "Correct the file.") from None
