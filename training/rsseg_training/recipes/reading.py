"""Recipes from TOML, with everything that is wrong with one said at once."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit
from pydantic import BaseModel, ValidationError

from napari_rsseg.errors import TrainingError
from rsseg_training.recipes.schema import Recipe

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["builtin_recipes", "read_recipe", "recipe_from", "recipe_text"]


def builtin_recipes() -> dict[str, Path]:
    """Return the recipes of the package by name."""
    folder = Path(str(files("rsseg_training.recipes")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def read_recipe(place: str | Path) -> Recipe:
    """Read a recipe from a TOML file, or one of the package's by name.

    Raises
    ------
    TrainingError
        There is no such file, it is not TOML, or keys are unknown, missing or out of range; all are listed.
    """
    path = builtin_recipes().get(str(place), Path(place))
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(
            f"The recipe {path} cannot be read ({error.strerror}).",
            f"Name a TOML file, or one of {', '.join(builtin_recipes())}.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"The recipe {path} is not TOML ({error}).", "Correct it in an editor.") from None
    return recipe_from(values, source=str(path))


def recipe_from(values: dict[str, Any], *, source: str) -> Recipe:
    """Make a recipe of parsed values; ``source`` names it in errors."""
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        found = "; ".join(_sentence(entry) for entry in error.errors())
        raise TrainingError(f"The recipe {source} is not valid: {found}.", "Correct these keys.") from None


def recipe_text(recipe: Recipe) -> str:
    """Return the whole recipe as TOML, defaults included."""
    return tomlkit.dumps(recipe.model_dump(mode="json", exclude_none=True))


def _sentence(entry: ErrorDetails) -> str:
    key = ".".join(str(part) for part in entry["loc"])
    if entry["type"] == "extra_forbidden":
        near = get_close_matches(str(entry["loc"][-1]), _field_names(Recipe), n=1)
        return f"{key} is unknown" + (f", did you mean {near[0]}?" if near else "")
    if entry["type"] == "missing":
        return f"{key} is missing"
    message = entry["msg"].removeprefix("Value error, ")
    return f"{key}: {message}" if key else message


def _field_names(model: type[BaseModel]) -> list[str]:
    """Return the names of all fields of a model and of the sections inside it."""
    names = []
    for name, field in model.model_fields.items():
        names.append(name)
        inner = [field.annotation, *getattr(field.annotation, "__args__", ())]
        for kind in inner:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                names += _field_names(kind)
    return names
