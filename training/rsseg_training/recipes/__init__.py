"""What differs between trainings, as data."""

from __future__ import annotations

from rsseg_training.recipes.reading import builtin_recipes, read_recipe, recipe_from, recipe_text
from rsseg_training.recipes.schema import (
    BASE_FAMILIES,
    CardOptions,
    DataSource,
    ModelOptions,
    ObjectiveOptions,
    Recipe,
    TransferOptions,
)

__all__ = [
    "BASE_FAMILIES",
    "CardOptions",
    "DataSource",
    "ModelOptions",
    "ObjectiveOptions",
    "Recipe",
    "TransferOptions",
    "builtin_recipes",
    "read_recipe",
    "recipe_from",
    "recipe_text",
]
