"""Deltas: files that hold only the tensors in which a model differs from its base."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.errors import ModelError
from napari_rsseg.registry.card_file import card_of
from napari_rsseg.registry.sources import (
    ModelFile,
    check_model,
    installed_models,
    missing_base,
    open_model,
)
from napari_rsseg.registry.storing import save_model
from napari_rsseg.settings import cache_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import JsonValue

__all__ = ["base_of", "whole_model"]


def base_of(model: ModelFile, extra: Sequence[Path] = ()) -> ModelFile | None:
    """Return the installed model that a delta stands on, None for a whole model.

    Parameters
    ----------
    model : ModelFile
        Whose card may name a base.
    extra : sequence of Path
        Further places to look; the folder of the delta is always one.

    Raises
    ------
    ModelError
        The base is not installed.
    """
    wanted = model.card.base
    if wanted is None:
        return None
    # beside the delta last: a training's folder holds other JSON files than cards
    for places in (tuple(extra), (*extra, model.card_path.parent)):
        for candidate in installed_models(places):
            if candidate.card.sha256 == wanted:
                return candidate
    raise missing_base(model)


def whole_model(model: ModelFile, extra: Sequence[Path] = ()) -> ModelFile:
    """Return a model as it runs: a delta is joined with its base, once, in the cache.

    The joined card is the delta's; its digest is that of the joined weights, its parent the delta.

    Raises
    ------
    ModelError
        The base is not installed, is a delta itself, or one of both has changed since its card was written.
    OutputError
        The cache cannot be written.
    """
    base = base_of(model, extra)
    if base is None:
        return model
    if base.card.base is not None:
        raise ModelError(
            f"{model.card.name} is a delta on {base.card.name}, which is a delta too.",
            "Make it a delta on a whole model.",
        )
    folder = cache_folder() / "models" / f"{model.card.sha256[:16]}-{base.card.sha256[:16]}"
    values: dict[str, JsonValue] = {
        **model.card.model_dump(mode="json"),
        "base": None,
        "parent": model.card.sha256,
    }
    del values["sha256"]
    joined = folder / model.card_path.name
    if joined.is_file():
        stored = open_model(joined)
        if stored.card == card_of({**values, "sha256": stored.card.sha256}, source=str(model.card_path)):
            return stored
    return _joined(model, base, folder, values)


def _joined(model: ModelFile, base: ModelFile, folder: Path, values: dict[str, JsonValue]) -> ModelFile:
    from safetensors.numpy import load_file

    for part in (base, model):
        check_model(part)
    tensors = {**load_file(base.weights_path), **load_file(model.weights_path)}
    return save_model(folder, values, tensors, overwrite=True)
