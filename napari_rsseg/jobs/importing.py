"""Weights that authors publish, taken into the models folder with a card of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.registry import save_model
from napari_rsseg.settings import user_models_folder

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.registry import ModelFile, PublishedModel

__all__ = ["import_published"]


def import_published(model: PublishedModel, source: Path, *, overwrite: bool = False) -> ModelFile:
    """Read a published weight file, fit it to its network and store it with its card.

    Loads torch: never call it in the window's process.

    Parameters
    ----------
    model : PublishedModel
        Which model the file is of.
    source : Path
        File as its authors publish it.
    overwrite : bool
        Whether an installed model of this name may be replaced.

    Raises
    ------
    CheckpointError
        When the file cannot be read as weights, or they do not fit the network.
    OutputError
        When the model is installed already, or the models folder cannot be written.
    """
    from napari_rsseg.checkpoints import from_published, ktda_key, read_tensors
    from napari_rsseg.models import build

    tensors = read_tensors(source)
    network = build(model.family, model.architecture)
    published_key = ktda_key if model.family == "ktda" else str
    state = from_published(network, tensors, published_key)
    arrays = {key: tensor.numpy() for key, tensor in state.items()}
    return save_model(user_models_folder(), model.card_values(), arrays, overwrite=overwrite)
