"""From a recipe to the things that are trained."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from napari_rsseg.checkpoints import read_tensors
from napari_rsseg.errors import TrainingError
from napari_rsseg.models import build
from napari_rsseg.settings import data_folder, weights_folder
from rsseg_training.adaptation import DomainPairs, source_view, target_view, without_labels
from rsseg_training.augmentation import (
    AdaptationViews,
    CloudCompositing,
    Haze,
    RadiometricJitter,
    RandomZoomCrop,
    Sample,
    Transform,
    random_orientation,
)
from rsseg_training.objectives.supervised import SupervisedObjective
from rsseg_training.recipes import DataSource
from rsseg_training.run.bases import base_of_recipe, on_its_base
from rsseg_training.run.published import PUBLISHED_FAMILIES, architecture_of, start
from rsseg_training.sampling import CLOUD_GROUPS, SETS, Chip, CropSampler, WeightedChips, read_set

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.random import Generator

    from napari_rsseg.models import SegmentationNetwork
    from rsseg_training.recipes import Recipe

__all__ = [
    "chips_of",
    "data_record",
    "make_network",
    "make_objective",
    "make_pairs",
    "make_sampler",
    "starts_pretrained",
    "target_chips",
]

_OF_TARGET = 1_000_001  # beyond the seeds of recipes: the domains share no draw


def chips_of(sources: Sequence[DataSource], leave_out: Sequence[str]) -> list[WeightedChips]:
    """Read the chips that sources name, without the groups that are left out."""
    left = set(leave_out)
    found = []
    for source in sources:
        chips = tuple(
            chip
            for chip in read_set(source.set, data_folder())
            if chip.split in source.splits and f"{chip.dataset}/{chip.group}" not in left
        )
        found.append(WeightedChips(chips, source.weight))
    return found


def data_record(sets: Sequence[WeightedChips]) -> list[dict[str, Any]]:
    """Return what was trained on: set, name, split, group and a digest of pixels and labels of each chip."""
    return [
        {
            "set": chip.dataset,
            "name": chip.name,
            "split": chip.split,
            "group": chip.group,
            "sha256": hashlib.sha256(chip.image.tobytes() + chip.labels.tobytes()).hexdigest(),
        }
        for entry in sets
        for chip in entry.chips
    ]


def make_network(recipe: Recipe) -> SegmentationNetwork:
    """Build the network with seeded initial values, or those of a file where the recipe names one.

    Raises
    ------
    TrainingError
        The file is not in ``RSSEG_WEIGHTS``, or does not fit; or the network cannot have these classes.
    """
    torch.manual_seed(recipe.seed)
    base = base_of_recipe(recipe)
    if base is not None:
        return on_its_base(recipe, base)
    initial = None if recipe.model.initial is None else _existing(weights_folder() / recipe.model.initial)
    if recipe.model.family in PUBLISHED_FAMILIES:
        network = build(recipe.model.family, architecture_of(recipe))
        start(recipe, network, None if initial is None else read_tensors(initial))
        return network
    network = build(recipe.model.family, {**recipe.model.architecture, "classes": len(recipe.scheme.classes)})
    if initial is not None:
        _initialise(network, initial)
    return network


def target_chips(recipe: Recipe) -> list[WeightedChips]:
    """Return the chips that a recipe adapts to, bare of their labels.

    Raises
    ------
    TrainingError
        None of the set is in the splits.
    """
    assert recipe.target is not None
    source = DataSource(set=recipe.target.set, splits=recipe.target.splits)
    found = without_labels(chips_of((source,), ()))
    if not any(entry.chips for entry in found):
        raise TrainingError(
            f"There is no image of {source.set} in {', '.join(source.splits)} to adapt to.",
            "Name other splits as target.splits.",
        )
    return found


def make_pairs(recipe: Recipe, sets: Sequence[WeightedChips], target: Sequence[WeightedChips]) -> DomainPairs:
    """Return what draws batches of both domains; faithful, as the published pipeline does.

    Parameters
    ----------
    recipe : Recipe
        With a target.
    sets, target : sequence of WeightedChips
        Labelled chips of the source, and those of `target_chips`.
    """
    own = recipe.seed + _OF_TARGET
    if not recipe.objective.faithful:
        augmentation = recipe.augmentation.model_copy(update={"compositing": 0.0})
        other = recipe.model_copy(update={"augmentation": augmentation, "seed": own})
        return DomainPairs(make_sampler(recipe, sets), make_sampler(other, target))
    options = recipe.augmentation
    views = AdaptationViews(crop_px=recipe.loop.crop_px, zoom=(options.zoom_low, options.zoom_high))
    batch, zero, one = recipe.loop.batch, (0.0,) * 3, (1.0,) * 3  # views are normalised already
    return DomainPairs(
        CropSampler(tuple(sets), partial(source_view, views), batch, zero, one, recipe.seed),
        CropSampler(tuple(target), partial(target_view, views), batch, zero, one, own),
    )


def _existing(path: Path) -> Path:
    if not path.exists():
        raise TrainingError(f"The initial weights {path} are missing.", "Set RSSEG_WEIGHTS to their folder.")
    return path


def _initialise(network: SegmentationNetwork, path: Path) -> None:
    from safetensors.torch import load_file

    student = getattr(network, "student", None)
    if not isinstance(student, torch.nn.Module):
        raise TrainingError(
            "The recipe names initial weights for a network without a student.", "Leave model.initial out."
        )
    tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
    missing = student.load_state_dict(tensors, strict=False).missing_keys
    if missing:
        raise TrainingError(
            f"{path} lacks {len(missing)} tensors of the student, first {missing[0]}.",
            "Take the file that belongs to the backbone.",
        )


def starts_pretrained(recipe: Recipe, name: str) -> bool:
    """Return whether a parameter of that name starts from a file."""
    if recipe.model.base is not None:
        return not name.startswith("atl.")
    return recipe.model.initial is not None and name.startswith("student.")


def make_objective(recipe: Recipe) -> SupervisedObjective:
    """Return the supervised terms of a recipe."""
    options = recipe.objective
    groups = CLOUD_GROUPS if recipe.task == "cloud" else {}
    return SupervisedObjective(options.class_weights, groups, options.dice, options.ordinal)


@dataclass(frozen=True)
class _Variation:
    """Crop, orientation, compositing, haze and colours, in this order: light falls on what is there."""

    crop: Transform
    after: tuple[Transform, ...]

    def __call__(self, chip: Chip, generator: Generator) -> tuple[np.ndarray, np.ndarray]:
        sample = random_orientation(self.crop(Sample(chip.image, chip.labels), generator), generator)
        for transform in self.after:
            sample = transform(sample, generator)
        return sample.image, sample.labels


def make_sampler(recipe: Recipe, sets: Sequence[WeightedChips]) -> CropSampler:
    """Return what draws a recipe's batches."""
    options = recipe.augmentation
    crop = RandomZoomCrop(recipe.loop.crop_px, options.zoom_low, options.zoom_high)
    after: list[Transform] = []
    if options.compositing:
        after.append(CloudCompositing(_donor(sets, crop), probability=options.compositing))
    if options.haze:
        after.append(
            Haze(options.haze, densest=options.haze_densest, labelled_above=options.haze_labelled_above)
        )
    if options.jitter:
        after.append(RadiometricJitter(options.jitter, strength=options.jitter_strength, grey=options.grey))
    return CropSampler(
        tuple(sets), _Variation(crop, tuple(after)), recipe.loop.batch, recipe.mean, recipe.std, recipe.seed
    )


def _donor(sets: Sequence[WeightedChips], crop: RandomZoomCrop):  # type: ignore[no-untyped-def]
    cloudy = [
        chip
        for entry in sets
        for chip in entry.chips
        if ((chip.labels == 2) | (chip.labels == 3)).mean() > 0.02
    ]
    if not cloudy:
        raise TrainingError(
            "Clouds are to be composited, but no chip has any.", "Set augmentation.compositing to 0."
        )

    def draw(generator: Generator) -> Sample:
        chip = cloudy[int(generator.integers(len(cloudy)))]
        return random_orientation(crop(Sample(chip.image, chip.labels), generator), generator)

    return draw


def statements(recipe: Recipe) -> tuple[str, ...]:
    """Return one sentence per set trained on, for the card."""
    names = dict.fromkeys(source.set for source in recipe.data)
    trained = tuple(SETS[name].statement for name in names)
    if recipe.target is None:
        return trained
    return (*trained, f"{recipe.target.set}: its images alone, without their labels.")
