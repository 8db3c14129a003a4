"""A recipe that adapts to unlabelled images, carried out in a run folder."""

from __future__ import annotations

import copy
import json
import time
from typing import TYPE_CHECKING

import numpy as np
import torch

from napari_rsseg.models.st_dasegnet import AdaptationParts, StDasegnet
from napari_rsseg.registry.card import Evaluation
from rsseg_training.adaptation import AdaptationStepper
from rsseg_training.evaluation import ChipLogits, ChipPredictor, Reading, confusions_of, evaluation_of
from rsseg_training.loop import Course, check_finite, drive, parameter_groups, rate_factor
from rsseg_training.objectives import (
    DEEPLAB_OPTIMIZERS,
    SEGFORMER_OPTIMIZERS,
    PolynomialRate,
    StDasegnetTraining,
    make_optimizers,
)
from rsseg_training.recipes import DataSource
from rsseg_training.run.assembly import chips_of, data_record, make_network, make_pairs, target_chips
from rsseg_training.run.finishing import finished, store
from rsseg_training.run.telling import Teller
from rsseg_training.run.transfer import record_teacher

if TYPE_CHECKING:
    from collections.abc import Callable

    from lightning_fabric import Fabric
    from torch.optim import Optimizer

    from napari_rsseg.models import SegmentationNetwork
    from rsseg_training.recipes import Recipe
    from rsseg_training.run.folder import RunFolder, RunState

__all__ = ["adapt"]

_DISCRIMINATORS = ("discriminator_s", "discriminator_t")
_BEFORE = "before.json"


def adapt(recipe: Recipe, folder: RunFolder, fabric: Fabric, should_stop: list[int]) -> RunState:
    """Train on the source, then on source and target, from where the folder says it stands.

    The labels of the splits that are held back are read for the figures, at the end of the steps on the
    source alone and at the end of all; nothing that trains sees them.

    Parameters
    ----------
    recipe : Recipe
        With a target.
    folder : RunFolder
        Of the run.
    fabric : Fabric
        Device.
    should_stop : list of int
        Not empty when the run is to stop after the present step.
    """
    assert recipe.target is not None
    sets, target = chips_of(recipe.data, recipe.leave_out), target_chips(recipe)
    images_alone = [{**entry, "role": "target"} for entry in data_record(target)]
    folder.write_json("data.json", data_record(sets) + images_alone)
    network = make_network(recipe)
    assert isinstance(network, StDasegnet)
    course = Course(
        AdaptationStepper(
            _training(recipe, network, fabric.device),
            fabric.device,
            source_steps=recipe.target.source_steps,
            check=check_finite,
        ),
        make_pairs(recipe, sets, target).draw,
        recipe.loop,
        recipe.seed,
    )
    folder.set_state("running", steps=recipe.loop.steps)
    record_teacher(folder, recipe, None, device=str(fabric.device))
    teller, started = Teller(folder, recipe.loop.steps), time.monotonic()
    for until in filter(None, (recipe.target.source_steps, recipe.loop.steps)):
        result = drive(
            fabric,
            course,
            state_path=folder.state_path,
            on_step=teller,
            should_stop=lambda: bool(should_stop),
            until=until,
        )
        if not result.finished:
            folder.set_state("cancelled", step=result.step)
            return "cancelled"
        if result.step == recipe.target.source_steps:
            before = finished(recipe, copy.deepcopy(network), result.tensors).network
            found = _figures(recipe, before, "Before the adaptation: trained on the source alone.")
            folder.write_json(_BEFORE, [entry.model_dump(mode="json") for entry in found])
    _finish(recipe, folder, network, result.tensors)
    folder.set_state("done", step=result.step, seconds=round(time.monotonic() - started, 1))
    return "done"


def _training(recipe: Recipe, network: StDasegnet, device: torch.device) -> StDasegnetTraining:
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(recipe.seed)
        parts = AdaptationParts(network.architecture)
    network.to(device)
    parts.to(device)
    options, faithful = recipe.loop, recipe.objective.faithful
    rate: Callable[[int, float], float]
    if faithful:
        optimizers, rate = _published_way(recipe, network, parts)
    else:
        optimizers = _own_optimizers(recipe, network, parts)

        def rate(step: int, initial: float) -> float:
            return initial * rate_factor(step, options.steps, warm_up=options.warm_up)

    clip = None if faithful else options.clip
    return StDasegnetTraining(network, parts, optimizers, rate=rate, faithful=faithful, clip=clip)


def _published_way(
    recipe: Recipe, network: StDasegnet, parts: AdaptationParts
) -> tuple[dict[str, Optimizer], PolynomialRate]:
    """Return the published optimizers and rates, scaled so that a backbone learns at the loop's rate."""
    options = recipe.loop
    is_segformer = network.architecture.head.kind == "segformer"
    words = SEGFORMER_OPTIMIZERS if is_segformer else DEEPLAB_OPTIMIZERS
    factor = options.rate / words["backbone_s"].lr
    scaled = {name: word.model_copy(update={"lr": word.lr * factor}) for name, word in words.items()}
    rate = PolynomialRate(
        options.steps,
        power=1.0 if is_segformer else 0.9,
        least=0.0 if is_segformer else 1e-5 * factor,
        warm_up=round(options.steps * options.warm_up),
    )
    return make_optimizers(network, parts, scaled), rate


def _own_optimizers(recipe: Recipe, network: StDasegnet, parts: AdaptationParts) -> dict[str, Optimizer]:
    """Return optimizers by part: backbones that start from a file learn slower, norms do not decay."""
    optimizers: dict[str, Optimizer] = {}
    for name, part in network.named_children():
        started = name.startswith("backbone") and recipe.model.initial is not None
        pretrained = {key for key, _ in part.named_parameters() if started}
        groups = parameter_groups(part.named_parameters(), recipe.loop, pretrained=pretrained.__contains__)
        optimizers[name] = torch.optim.AdamW([{**group, "lr": group["rate"]} for group in groups])
    share = SEGFORMER_OPTIMIZERS["discriminator_s"].lr / SEGFORMER_OPTIMIZERS["backbone_s"].lr
    word = SEGFORMER_OPTIMIZERS["discriminator_s"].model_copy(update={"lr": recipe.loop.rate * share})
    return optimizers | make_optimizers(network, parts, dict.fromkeys(_DISCRIMINATORS, word))


def _figures(recipe: Recipe, network: SegmentationNetwork, note: str) -> tuple[Evaluation, ...]:
    """Score a network on the target's labels that are held back; none where none are."""
    assert recipe.target is not None
    found = []
    predictor = ChipPredictor(network, recipe.mean, recipe.std)
    reading = Reading(tuple(entry.name for entry in recipe.scheme.classes), threshold=recipe.card.threshold)
    for split in recipe.target.held_back:
        (entry,) = chips_of((DataSource(set=recipe.target.set, splits=(split,)),), ())
        chips = [ChipLogits(chip.name, predictor.logits(chip), chip.labels) for chip in entry.chips]
        confusions = confusions_of(chips, reading)[np.newaxis]  # (1, N, K, K)
        name = f"{recipe.target.set}/{split}"
        found.append(evaluation_of(name, confusions, reading, trained_on=False, note=note))
    return tuple(found)


def _finish(recipe: Recipe, folder: RunFolder, network: StDasegnet, tensors: dict[str, torch.Tensor]) -> None:
    result = finished(recipe, network, tensors)
    after = _figures(recipe, result.network, "After the adaptation, without labels of the target.")
    record = folder.path / _BEFORE
    before = json.loads(record.read_text(encoding="utf-8")) if record.exists() else []
    evaluations = (*(Evaluation.model_validate(entry) for entry in before), *after)
    for entry in evaluations:
        ious = {name: metric.iou for name, metric in entry.per_class.items()}
        folder.tell("figures", dataset=entry.dataset, iou=ious, note=entry.note)
    store(recipe, folder, result, teacher=None, evaluations=evaluations)
