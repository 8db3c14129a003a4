"""From a trained network to the model in a run's folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_rsseg.metrics import fit_temperature
from napari_rsseg.models.ktda import Ktda
from napari_rsseg.models.light import KtdaLight, UNet
from napari_rsseg.models.st_dasegnet import StDasegnet
from napari_rsseg.models.translandseg import TransLandSeg, TransLandSegT
from napari_rsseg.registry.storing import save_model
from rsseg_training.evaluation.prediction import ChipPredictor
from rsseg_training.run.assembly import chips_of
from rsseg_training.run.bases import base_of_recipe, stored_keys, trained_share
from rsseg_training.run.card import card_values
from rsseg_training.run.curves import draw_curves

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from torch import Tensor

    from napari_rsseg.models import SegmentationNetwork
    from napari_rsseg.registry.card import Evaluation
    from rsseg_training.recipes import Recipe
    from rsseg_training.run.folder import RunFolder
    from rsseg_training.run.transfer import TeacherRecord

__all__ = ["Finished", "finished", "store"]


@dataclass(frozen=True)
class Finished:
    """A network as its file will have it.

    Attributes
    ----------
    network : SegmentationNetwork
        On the CPU, in evaluation mode, with the values of the file.
    tensors : dict of ndarray
        What is stored, in half precision.
    """

    network: SegmentationNetwork
    tensors: dict[str, npt.NDArray[np.float16]]


def finished(recipe: Recipe, network: SegmentationNetwork, tensors: dict[str, Tensor]) -> Finished:
    """Put the result of a training into its network, which changes in place, and round it as the file does.

    What is scored and calibrated is then what is stored.
    """
    network.load_state_dict(tensors)
    final = network.folded() if isinstance(network, KtdaLight) else network
    stored = stored_keys(recipe, final)
    halves = {
        name: tensor.cpu().half().numpy() for name, tensor in final.state_dict().items() if name in stored
    }
    rounded = {name: torch.from_numpy(array).float() for name, array in halves.items()}
    final.load_state_dict(rounded, strict=recipe.model.base is None)
    return Finished(final.cpu().eval(), halves)


def store(
    recipe: Recipe,
    folder: RunFolder,
    result: Finished,
    *,
    teacher: TeacherRecord | None,
    evaluations: Sequence[Evaluation] = (),
) -> None:
    """Calibrate a finished network and write it with its card as the run's model."""
    network, base = result.network, base_of_recipe(recipe)
    assert isinstance(  # what recipes may name
        network, KtdaLight | UNet | Ktda | TransLandSeg | TransLandSegT | StDasegnet
    )
    architecture = network.architecture.model_dump(mode="json")
    temperature = _temperature(recipe, network)
    values = card_values(recipe, architecture, temperature, teacher)
    values["notes"] = " ".join(filter(None, (str(values["notes"]), trained_share(network, base))))
    values["evaluations"] = [entry.model_dump(mode="json") for entry in evaluations]
    if base is not None:
        values |= {"base": base.card.sha256, "parent": base.card.sha256}
    model = save_model(folder.path, {**values, "name": "best"}, result.tensors, overwrite=True)
    folder.tell("model", path=model.weights_path.name, temperature=temperature)
    draw_curves(folder)


def _temperature(recipe: Recipe, network: SegmentationNetwork) -> float:
    """Fit the temperature on the recipe's calibration chips, pixels of all of them together."""
    predictor = ChipPredictor(network, recipe.mean, recipe.std)
    logits, labels = [], []
    for entry in chips_of(recipe.calibration, ()):
        for chip in entry.chips:
            classes = len(recipe.scheme.classes)
            counted = chip.labels < classes
            logits.append(predictor.logits(chip)[:, counted].T)
            labels.append(chip.labels[counted])
    if not logits:
        return 1.0
    return round(fit_temperature(np.concatenate(logits), np.concatenate(labels)), 4)
