"""Trainings of the papers' own networks: with their slips where a recipe is faithful, without them else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from napari_rsseg.checkpoints import ktda_decays, ktda_key, read_tensors
from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.errors import TrainingError
from napari_rsseg.models.ktda import Ktda, Teacher, resize_positions
from napari_rsseg.models.layers.timm_parts import convert_vision_transformer
from napari_rsseg.models.st_dasegnet import StDasegnet
from napari_rsseg.models.translandseg import TransLandSeg, TransLandSegT
from napari_rsseg.registry.digest import sha256_of
from rsseg_training.loop import parameter_groups
from rsseg_training.loop.schedule import rate_factor, warm_up_and_power
from rsseg_training.objectives.ktda import ktda_losses
from rsseg_training.objectives.translandseg import translandseg_loss
from rsseg_training.recipes import ADAPTING_FAMILY
from rsseg_training.run.backbones import start_backbones
from rsseg_training.run.teachers import find_teacher_file
from rsseg_training.run.transfer import TeacherRecord

if TYPE_CHECKING:
    from torch import Tensor, nn

    from napari_rsseg.models import SegmentationNetwork
    from rsseg_training.recipes import Recipe
    from rsseg_training.sampling import Batch

__all__ = [
    "PUBLISHED_FAMILIES",
    "PUBLISHED_LOSSES",
    "PublishedTeacher",
    "PublishedTraining",
    "architecture_of",
    "find_published_teacher",
    "start",
]

PUBLISHED_FAMILIES = {"ktda", "translandseg", ADAPTING_FAMILY}
"""Families of the papers."""

PUBLISHED_LOSSES = {"ktda", "translandseg", "translandseg-t"}
"""Families that train by the losses of the papers' authors, by labels alone."""

_OVERLAPPING = "cloud"  # the task whose published decay begins in the middle of the growth


@dataclass(frozen=True)
class PublishedTeacher:
    """KTDA's teacher, and the file its weights are from."""

    record: TeacherRecord
    network: Teacher


def architecture_of(recipe: Recipe) -> dict[str, Any]:
    """Return the arguments of a published network for a recipe's classes.

    Raises
    ------
    TrainingError
        TransLandSeg is to tell more than one class from the background.
    """
    words: dict[str, Any] = dict(recipe.model.architecture)
    classes = len(recipe.scheme.classes)
    if recipe.model.family == "translandseg":
        if classes != 2:
            raise TrainingError(
                f"TransLandSeg tells one class from the background, {recipe.task} has {classes} classes.",
                "Choose another family.",
            )
        return {"embedding_scramble": recipe.objective.faithful, **words}
    if recipe.model.family == ADAPTING_FAMILY:
        weights = {f"class_weight_{branch}": recipe.objective.class_weights for branch in "st"}
        return {**words, "head": {**weights, **words.get("head", {}), "num_classes": classes}}
    for head in ("decode_head", "auxiliary_head"):
        if head in words or head == "decode_head":
            words[head] = {**words.get(head, {}), "num_classes": classes}
    return words


def find_published_teacher(recipe: Recipe, network: SegmentationNetwork) -> PublishedTeacher | None:
    """Return KTDA's teacher with the weights that are found, None where there are none or none is asked for.

    Raises
    ------
    TrainingError
        The file that is found holds a transformer of another size than the recipe's.
    """
    if not isinstance(network, Ktda) or recipe.transfer.teacher == "none" or not network.architecture.distill:
        return None
    path = find_teacher_file()
    if path is None:
        return None
    words = network.architecture.teacher
    teacher = Teacher(words)
    tensors = {key: value.float() for key, value in read_tensors(path).items() if key != "mask_token"}
    table = tensors.get("pos_embed")
    try:
        if table is not None:  # timm would resize it with antialiasing
            side = round((table.shape[1] - 1) ** 0.5)
            tensors["pos_embed"] = resize_positions(table, (side, side), teacher.grid)
        teacher.vit.load_state_dict(convert_vision_transformer(tensors, teacher.vit))
    except RuntimeError as error:
        raise TrainingError(
            f"{path.name} is not the teacher of this recipe ({str(error).splitlines()[1].strip()}).",
            f"Put a transformer of width {words.embed_dims} and {words.depth} blocks into RSSEG_WEIGHTS, or "
            "set transfer.teacher to none.",
        ) from None
    return PublishedTeacher(TeacherRecord(path.name, sha256_of(path)), teacher)


@dataclass(frozen=True)
class PublishedTraining:
    """Losses, parameter groups and rates of a published network.

    Attributes
    ----------
    recipe : Recipe
        ``objective.faithful`` decides.
    network : Ktda, TransLandSeg or TransLandSegT
        Trained.
    teacher : PublishedTeacher or None
        KTDA's.
    """

    recipe: Recipe
    network: SegmentationNetwork
    teacher: PublishedTeacher | None

    def losses(self, module: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the terms whose sum is minimised, by their published names."""
        del module  # the published losses look inside the network
        if isinstance(self.network, TransLandSeg | TransLandSegT):
            return {"loss": self._of_landslides(self.network, batch)}
        assert isinstance(self.network, Ktda)
        faithful = self.recipe.objective.faithful
        terms = ktda_losses(
            self.network,
            None if self.teacher is None else self.teacher.network,
            batch.images,
            batch.labels.long(),
            mean_over="all" if faithful else "labelled",
            axis="columns" if faithful else "channels",
        )
        return {name: term for name, term in terms.items() if "loss" in name}

    def _of_landslides(self, network: TransLandSeg | TransLandSegT, batch: Batch) -> Tensor:
        logits, target = network.mask_logits(batch.images), (batch.labels == 1)[:, None].float()
        if self.recipe.objective.faithful:  # their masks leave nothing out
            return translandseg_loss(logits, target)
        said = (batch.labels != IGNORED)[:, None]
        return translandseg_loss(logits[said], target[said])

    def groups(self) -> list[dict[str, Any]]:
        """Return what trains, with its rate and decay.

        Faithful, TransLandSeg decays everything, and KTDA what has no ``norm`` in its published key; else
        tensors of two or more axes decay.
        """
        options = self.recipe.loop
        named = [(name, value) for name, value in self.network.named_parameters() if value.requires_grad]
        if not self.recipe.objective.faithful:
            return parameter_groups(named, options, pretrained=lambda name: False)
        is_ktda = isinstance(self.network, Ktda)
        return [
            {
                "params": [value],
                "rate": options.rate,
                "weight_decay": options.weight_decay if not is_ktda or ktda_decays(ktda_key(name)) else 0.0,
            }
            for name, value in named
        ]

    def factor(self, step: int) -> float:
        """Return the share of the highest rate at a 0-based step; TransLandSeg's is half a cosine."""
        options = self.recipe.loop
        if not self.recipe.objective.faithful or isinstance(self.network, TransLandSeg):
            return rate_factor(step, options.steps, warm_up=options.warm_up)
        growing = max(2, round(options.steps * options.warm_up))
        begins = growing // 2 if self.recipe.task == _OVERLAPPING else growing
        return warm_up_and_power(step, options.steps, warm_up=growing, decay_from=begins)


def start(recipe: Recipe, network: SegmentationNetwork, tensors: dict[str, Tensor] | None) -> None:
    """Fill a published network with a file's tensors, and let TransLandSeg start exactly at SAM.

    Parameters
    ----------
    recipe : Recipe
        Faithful: prompts, positions and the embedding for "no mask" keep their random start.
    network : SegmentationNetwork
        Changed in place.
    tensors : dict of Tensor or None
        Of SAM for TransLandSeg, of the student for KTDA, of the backbone for ST-DASegNet; None: everything
        starts at random.

    Raises
    ------
    TrainingError
        The file holds none of the network's tensors, or of another shape.
    """
    if isinstance(network, TransLandSeg) and not recipe.objective.faithful:
        network.image_encoder.prompt_generator.start_at_zero()
        tensors = tensors and {**tensors, **_without_prompt_encoder(tensors)}
    if tensors is None:
        return
    if isinstance(network, StDasegnet):
        start_backbones(network, tensors)
        return
    part = network.student if isinstance(network, Ktda) else network
    own = part.state_dict()
    found = {key: value.float() for key, value in tensors.items() if key in own}
    wrong = [key for key, value in found.items() if value.shape != own[key].shape]
    if wrong or not found:
        raise TrainingError(
            f"The initial weights hold {len(found)} tensors of the network, {len(wrong)} of another shape"
            f"{f', first {wrong[0]}' if wrong else ''}.",
            "Take the file that belongs to the sizes in model.architecture.",
        )
    with torch.no_grad():
        part.load_state_dict(found, strict=False)


def _without_prompt_encoder(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return what SAM keeps in its prompt encoder under the keys of TransLandSeg."""
    prefix = "prompt_encoder."
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
