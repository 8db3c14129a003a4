"""What the student learns from a frozen vision transformer; needed in training only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_rsseg.errors import TrainingError
from napari_rsseg.models.light import KtdaLight
from napari_rsseg.registry.digest import sha256_of
from rsseg_training.objectives.knowledge_transfer import knowledge_transfer
from rsseg_training.run.teachers import Teacher, find_teacher_file, read_teacher

if TYPE_CHECKING:
    from napari_rsseg.models import SegmentationNetwork
    from rsseg_training.recipes import Recipe
    from rsseg_training.run.folder import RunFolder

__all__ = [
    "TeacherRecord",
    "Transfer",
    "find_transfer",
    "record_teacher",
    "recorded_teacher",
    "transfer_sentence",
]

_STUDENT_LEVELS = (
    2,
    3,
    4,
)  # strides 8, 16, 32: finer than a patch's context a transformer has nothing to say


_LEARNING = {"ktda", "ktda-light"}  # families that learn from a teacher


@dataclass(frozen=True)
class TeacherRecord:
    """Which teacher a run learns from.

    Attributes
    ----------
    file : str
        Name of its file.
    sha256 : str
        Digest of its file.
    """

    file: str
    sha256: str


@dataclass
class Transfer:
    """The knowledge-transfer term.

    Attributes
    ----------
    record : TeacherRecord
        For log and card.
    teacher : Teacher
        Frozen.
    projections : nn.ModuleList
        1x1 convolutions from the student's width to the teacher's; trained, then thrown away.
    recipe : Recipe
        Normalisation, weight and share of the parts.
    """

    record: TeacherRecord
    teacher: Teacher
    projections: nn.ModuleList
    recipe: Recipe

    def __call__(self, network: SegmentationNetwork, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (B, K, H, W) of normalised images and the weighted term."""
        assert isinstance(network, KtdaLight)
        aligned = network.aligned(images)
        student = [
            project(aligned[level]) for project, level in zip(self.projections, _STUDENT_LEVELS, strict=True)
        ]
        teacher = [
            _on_grid(tokens, level.shape[-2:])
            for tokens, level in zip(self._tokens(images), student, strict=True)
        ]
        options = self.recipe.transfer
        terms = knowledge_transfer(student, teacher, alpha=options.alpha, axis="channels")
        return network.decode(aligned, images.shape[-2:]), options.weight * terms.loss

    @torch.no_grad()
    def _tokens(self, images: Tensor) -> list[Tensor]:
        """Return the teacher's features (B, D_l, h_l, w_l), normalised over channels."""
        mean, std, own_mean, own_std = (
            torch.tensor(values, device=images.device).view(1, 3, 1, 1)
            for values in (self.recipe.mean, self.recipe.std, self.teacher.mean, self.teacher.std)
        )
        found = self.teacher((images * std + mean - own_mean) / own_std)
        return [functional.layer_norm(f.movedim(1, -1), f.shape[1:2]).movedim(-1, 1) for f in found]


def _on_grid(features: Tensor, size: torch.Size) -> Tensor:
    """Bring (B, D, h, w) to (B, D, *size): means over what is much finer, then bilinear."""
    step = max(1, min(features.shape[-2] // size[0], features.shape[-1] // size[1]))
    pooled = functional.avg_pool2d(features, step)
    return functional.interpolate(pooled, size=size, mode="bilinear", align_corners=False)


def find_transfer(recipe: Recipe, network: SegmentationNetwork) -> Transfer | None:
    """Return the term with the teacher found, None where there is none or the recipe asks for none.

    Raises
    ------
    CheckpointError
        The teacher's file is damaged, or holds other tensors than its name says.
    """
    path = find_teacher_file() if _wants_teacher(recipe) else None
    if path is None or not isinstance(network, KtdaLight):
        return None
    teacher = read_teacher(path)
    width = network.architecture.width
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(recipe.seed)
        projections = nn.ModuleList(nn.Conv2d(width, own, 1) for own in teacher.widths)
    return Transfer(TeacherRecord(path.name, sha256_of(path)), teacher, projections, recipe)


def record_teacher(folder: RunFolder, recipe: Recipe, record: TeacherRecord | None, *, device: str) -> None:
    """Write the teacher, or that there is none, into a run's environment, log and recipe.

    Raises
    ------
    TrainingError
        The run has begun with another teacher, or with none.
    """
    if folder.state_path.exists() and (before := recorded_teacher(folder)) != record:
        raise TrainingError(
            f"The run in {folder.path} began with {_called(before)} and would go on with {_called(record)}.",
            "Restore the file in RSSEG_WEIGHTS, or train into another run folder.",
        )
    folder.write_environment(device=device, teacher=asdict(record) if record else None)
    if sentence := transfer_sentence(recipe, record):
        folder.tell("note", text=sentence)
        folder.remark(sentence)


def recorded_teacher(folder: RunFolder) -> TeacherRecord | None:
    """Return the teacher that a run's environment names."""
    environment = json.loads((folder.path / "environment.json").read_text(encoding="utf-8"))
    return TeacherRecord(**environment["teacher"]) if environment["teacher"] else None


def _called(record: TeacherRecord | None) -> str:
    return f"the teacher {record.file} (sha256 {record.sha256[:12]}…)" if record else "no teacher"


def transfer_sentence(recipe: Recipe, record: TeacherRecord | None) -> str:
    """Return what recipe, log and card say of the teacher; empty for a network that learns from none."""
    if record is not None:
        return f"Knowledge was transferred from {record.file} (sha256 {record.sha256})."
    if recipe.model.family not in _LEARNING:
        return ""
    if _wants_teacher(recipe):
        return "No teacher was found when it was trained: the knowledge-transfer terms were off."
    return "Its recipe asks for no teacher: the knowledge-transfer terms were off."


def _wants_teacher(recipe: Recipe) -> bool:
    options = recipe.transfer
    return recipe.model.family in _LEARNING and options.teacher == "auto" and options.weight > 0
