"""A recipe carried out in a run folder."""

from __future__ import annotations

import logging
import os
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from napari_rsseg.errors import RssegError, TrainingError
from rsseg_training.loop import Job, fit, parameter_groups
from rsseg_training.recipes import recipe_text
from rsseg_training.run.adapting import adapt
from rsseg_training.run.assembly import (
    chips_of,
    data_record,
    make_network,
    make_objective,
    make_sampler,
    starts_pretrained,
)
from rsseg_training.run.finishing import finished, store
from rsseg_training.run.published import PUBLISHED_LOSSES, PublishedTraining, find_published_teacher
from rsseg_training.run.telling import Teller
from rsseg_training.run.transfer import Transfer, find_transfer, record_teacher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lightning_fabric import Fabric
    from torch import Tensor, nn

    from napari_rsseg.models import SegmentationNetwork
    from rsseg_training.recipes import Recipe
    from rsseg_training.run.folder import RunFolder, RunState
    from rsseg_training.sampling import Batch

__all__ = ["train"]

logger = logging.getLogger(__name__)


def train(recipe: Recipe, folder: RunFolder) -> RunState:
    """Train a recipe from where the folder says it stands; the state is in the folder, too.

    SIGTERM and SIGINT end the run after the present step, as cancelled: started again, it goes on.

    Returns
    -------
    str
        ``done`` or ``cancelled``.

    Raises
    ------
    TrainingError
        The recipe, its data or the folder do not allow it; the state is then ``failed``.
    """
    folder.create(recipe_text(recipe))
    if folder.state() == "done":
        return "done"
    folder.mend()
    try:
        with _stopping() as should_stop:
            return _train(recipe, folder, should_stop)
    except RssegError as error:
        folder.set_state("failed", found=error.found, remedy=error.remedy)
        raise


def _train(recipe: Recipe, folder: RunFolder, should_stop: list[int]) -> RunState:
    torch.set_num_threads(recipe.threads)
    fabric = _fabric(recipe)
    if recipe.target is not None:
        return adapt(recipe, folder, fabric, should_stop)
    sets = chips_of(recipe.data, recipe.leave_out)
    folder.write_json("data.json", data_record(sets))
    network = make_network(recipe)
    sampler = make_sampler(recipe, sets)
    transfer, published = find_transfer(recipe, network), find_published_teacher(recipe, network)
    taught = transfer or published
    teacher = taught.record if taught else None
    folder.set_state("running", steps=recipe.loop.steps)
    record_teacher(folder, recipe, teacher, device=str(fabric.device))
    if transfer is not None:
        transfer.teacher.to(fabric.device)
        transfer.projections.to(fabric.device)
    if published is not None:
        published.network.to(fabric.device)
    if recipe.model.family in PUBLISHED_LOSSES:
        training = PublishedTraining(recipe, network, published)
        job = Job(
            network,
            training.groups(),
            sampler.draw,
            training.losses,
            recipe.loop,
            recipe.seed,
            training.factor,
        )
    else:
        job = _job(recipe, network, sampler.draw, transfer)
    started = time.monotonic()
    result = fit(
        fabric,
        job,
        state_path=folder.state_path,
        on_step=Teller(folder, recipe.loop.steps),
        should_stop=lambda: bool(should_stop),
    )
    if not result.finished:
        folder.set_state("cancelled", step=result.step)
        return "cancelled"
    store(recipe, folder, finished(recipe, network, result.tensors), teacher=teacher)
    folder.set_state("done", step=result.step, seconds=round(time.monotonic() - started, 1))
    return "done"


def _job(recipe: Recipe, network: SegmentationNetwork, draw, transfer: Transfer | None) -> Job:  # type: ignore[no-untyped-def]
    objective = make_objective(recipe)

    def losses(module: nn.Module, batch: Batch) -> dict[str, Tensor]:
        if transfer is None:
            return objective(module(batch.images), batch.labels)
        logits, term = transfer(network, batch.images)
        return {**objective(logits, batch.labels), "transfer": term}

    named = [(name, value) for name, value in network.named_parameters() if value.requires_grad]
    if transfer is not None:
        named += [(f"transfer.{name}", value) for name, value in transfer.projections.named_parameters()]
    groups = parameter_groups(named, recipe.loop, pretrained=lambda name: starts_pretrained(recipe, name))
    companion = None if transfer is None else transfer.projections
    return Job(network, groups, draw, losses, recipe.loop, recipe.seed, companion=companion)


def _fabric(recipe: Recipe) -> Fabric:
    from lightning_fabric import Fabric

    if recipe.device == "cuda" and not torch.cuda.is_available():
        raise TrainingError("This machine has no CUDA device.", "Set device to auto or cpu.")
    return Fabric(accelerator=recipe.device, devices=1, precision=recipe.precision)


@contextmanager
def _stopping() -> Iterator[list[int]]:
    """Collect the signals that ask to stop, then restore what stood before; off the main thread: none."""
    received: list[int] = []
    before = {}
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            before[number] = signal.signal(number, lambda caught, _frame: received.append(caught))
    except ValueError:
        logger.debug("run %s is not on the main thread and takes no signals", os.getpid())
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
