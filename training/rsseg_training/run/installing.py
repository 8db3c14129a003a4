"""From a finished run to a starter inside the package."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from napari_rsseg.errors import TrainingError
from napari_rsseg.registry.card import Evaluation
from napari_rsseg.registry.card_file import read_card
from napari_rsseg.registry.storing import save_model
from rsseg_training.run.card import card_values
from rsseg_training.run.transfer import recorded_teacher

if TYPE_CHECKING:
    import numpy as np

    from napari_rsseg.registry.sources import ModelFile
    from rsseg_training.recipes import Recipe
    from rsseg_training.run.folder import RunFolder

__all__ = ["figures_path", "install_run"]


def figures_path(name: str) -> Path:
    """Return where the measured figures of a recipe are kept."""
    return Path(str(files("rsseg_training.recipes"))) / "figures" / f"{name}.json"


def install_run(recipe: Recipe, folder: RunFolder, destination: Path) -> ModelFile:
    """Copy a run's result under the recipe's name, with the figures measured for that recipe.

    Parameters
    ----------
    recipe : Recipe
        Of the run.
    folder : RunFolder
        Of a run that is done.
    destination : Path
        Folder of the models.

    Raises
    ------
    TrainingError
        The run is not done.
    """
    from safetensors.numpy import load_file

    if folder.state() != "done":
        raise TrainingError(f"The run in {folder.path} is not done.", "Run it to its end first.")
    trained = read_card(folder.path / "best.json")
    values = card_values(recipe, trained.architecture, trained.temperature, recorded_teacher(folder))
    values["evaluations"] = [entry.model_dump(mode="json") for entry in trained.evaluations]
    values |= {"base": trained.base, "parent": trained.parent, "notes": trained.notes}
    measured = figures_path(recipe.name)
    if measured.exists():
        figures = json.loads(measured.read_text(encoding="utf-8"))
        values["evaluations"] = [
            Evaluation.model_validate(e).model_dump(mode="json") for e in figures["evaluations"]
        ]
        values["temperature"] = figures.get("temperature", values["temperature"])
    tensors: dict[str, np.ndarray] = load_file(folder.path / "best.safetensors")
    return save_model(destination, values, tensors, overwrite=True)
