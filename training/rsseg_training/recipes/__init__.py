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
from rsseg_training.recipes.target import ADAPTING_FAMILY, TargetOptions

__all__ = [
    "ADAPTING_FAMILY",
    "BASE_FAMILIES",
    "CardOptions",
    "DataSource",
    "ModelOptions",
    "ObjectiveOptions",
    "Recipe",
    "TargetOptions",
    "TransferOptions",
    "builtin_recipes",
    "read_recipe",
    "recipe_from",
    "recipe_text",
]
