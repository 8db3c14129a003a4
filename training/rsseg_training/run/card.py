"""The card of a trained model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.metrics import logit_bias_of_threshold
from rsseg_training.run.assembly import statements
from rsseg_training.run.transfer import transfer_sentence

if TYPE_CHECKING:
    from pydantic import JsonValue

    from rsseg_training.recipes import Recipe
    from rsseg_training.run.transfer import TeacherRecord

__all__ = ["card_values"]


def card_values(
    recipe: Recipe, architecture: dict[str, JsonValue], temperature: float, teacher: TeacherRecord | None
) -> dict[str, JsonValue]:
    """Return a card's values without digest and evaluations."""
    options = recipe.card
    bias: list[JsonValue] = (
        list(logit_bias_of_threshold(options.threshold)) if options.threshold is not None else []
    )
    return {
        "name": recipe.name,
        "title": options.title,
        "family": recipe.model.family,
        "architecture": architecture,
        "scheme": recipe.scheme.model_dump(mode="json"),
        "bands": ["red", "green", "blue"],
        "input_values": {"expects": "display", "mean": list(recipe.mean), "std": list(recipe.std)},
        "tile_px": options.tile_px,
        "gsd_min_m": options.gsd_min_m,
        "gsd_max_m": options.gsd_max_m,
        "licence": options.licence,
        "training_data": list(statements(recipe)),
        "temperature": temperature,
        "logit_bias": bias,
        "notes": " ".join(filter(None, (options.notes, transfer_sentence(recipe, teacher)))),
    }
