"""What a recipe may say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from napari_rsseg.classes.scheme import BUILTIN_SCHEMES, Scheme
from rsseg_training.augmentation import AugmentationOptions
from rsseg_training.loop import LoopOptions
from rsseg_training.recipes.study import StudyOptions
from rsseg_training.recipes.target import TargetOptions, adaptation_problems
from rsseg_training.sampling import SETS

__all__ = [
    "BASE_FAMILIES",
    "CardOptions",
    "DataSource",
    "ModelOptions",
    "ObjectiveOptions",
    "Recipe",
    "TransferOptions",
]


BASE_FAMILIES = {"atl-light": "ktda-light", "translandseg-t": "sam"}
"""Families that are stored as what they differ in from a model of another family."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataSource(_Section):
    """Chips of one labelled set.

    Attributes
    ----------
    set : str
        Name of the set.
    splits : tuple of str
        Which of its splits.
    weight : float
        How often the set is drawn, relative to the others.
    """

    set: str
    splits: Annotated[tuple[str, ...], Field(min_length=1)] = ("train",)
    weight: Annotated[float, Field(gt=0)] = 1.0

    @model_validator(mode="after")
    def _check(self) -> DataSource:
        if self.set not in SETS:
            raise ValueError(f"there is no labelled set {self.set!r}; known are {', '.join(sorted(SETS))}")
        return self


class ModelOptions(_Section):
    """The network.

    Attributes
    ----------
    family : str
        As in a model card.
    architecture : dict
        Arguments of the network but the number of classes, and but those of the base.
    base : str or None
        Name or path of the installed model that the network stands on: a starter for ``atl-light``,
        MobileSAM for ``translandseg-t``. Only what differs from it is stored.
    initial : str or None
        File of pretrained weights in ``RSSEG_WEIGHTS``, of the student, for TransLandSeg of SAM, for
        ST-DASegNet of the backbone, in which both branches start; None: random.
    """

    family: Literal[
        "ktda-light", "unet", "ktda", "translandseg", "atl-light", "translandseg-t", "stdasegnet"
    ] = "ktda-light"
    architecture: dict[str, JsonValue] = Field(default_factory=dict)
    base: str | None = None
    initial: str | None = None

    @model_validator(mode="after")
    def _check(self) -> ModelOptions:
        stands = self.family in BASE_FAMILIES
        if stands and (self.base is None or self.initial is not None):
            raise ValueError(f"{self.family} stands on a model: name it as base, and no initial weights")
        if self.base is not None and not stands:
            raise ValueError(f"{self.family} stands on no other model: leave base out")
        return self


class ObjectiveOptions(_Section):
    """What is minimised.

    Attributes
    ----------
    class_weights : tuple of float
        Weight of each class in the cross-entropy.
    dice, ordinal : float
        Weights of the Dice term and of the distance of ordered classes.
    faithful : bool
        For KTDA, TransLandSeg and ST-DASegNet, whose losses are the published ones: also train with the slips
        of the authors' programs, to reproduce their figures.
    """

    class_weights: tuple[Annotated[float, Field(gt=0)], ...]
    dice: Annotated[float, Field(ge=0)] = 1.0
    ordinal: Annotated[float, Field(ge=0)] = 0.0
    faithful: bool = False


class TransferOptions(_Section):
    """Knowledge transfer from a frozen vision transformer.

    Attributes
    ----------
    teacher : {"auto", "none"}
        ``auto``: the first one found in ``RSSEG_WEIGHTS`` or the cache; where there is none the terms are
        off.
    weight : float
        Weight of the term in the loss.
    alpha : float
        Share of the Kullback-Leibler part.
    """

    teacher: Literal["auto", "none"] = "auto"
    weight: Annotated[float, Field(ge=0)] = 0.1
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.5


class CardOptions(_Section):
    """What the card of the result says beside measured figures.

    Attributes
    ----------
    title : str
        One line for lists.
    licence : str
        Terms of the weights.
    notes : str
        What users must know.
    tile_px : int
        Side of the tiles it is to be used with.
    gsd_min_m, gsd_max_m : float or None
        Ground sampling distances it was trained for.
    threshold : float or None
        Probability above which the foreground of two classes is called; None: the larger one.
    """

    title: str
    licence: str = "Apache-2.0"
    notes: str = ""
    tile_px: Annotated[int, Field(ge=32, le=8192)] = 512
    gsd_min_m: float | None = None
    gsd_max_m: float | None = None
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None


class Recipe(_Section):
    """A training, all of it; with the sets and the versions it determines the result.

    Attributes
    ----------
    name : str
        Name of the model.
    task : str
        Name of a built-in scheme.
    seed : int
        Of initial values, crops, variations and dropout.
    device : {"cpu", "auto", "cuda", "mps"}
        Where it runs; starters are trained on the CPU, so that everybody gets the same ones.
    precision : str
        Lightning Fabric's word for the arithmetic.
    threads : int
        CPU threads; sums depend on it in the last digits.
    mean, std : tuple of float
        Normalisation of red, green, blue display values.
    model, data, calibration, loop, augmentation, objective, transfer, card
        The sections. ``calibration`` names chips for the temperature, none of them in ``data``.
    target : TargetOptions or None
        What ST-DASegNet adapts to; no other family does.
    leave_out : tuple of str
        ``set/group`` of chips that are not trained on, for cross-validation.
    study : StudyOptions
        How the recipe is measured.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    task: str
    seed: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    device: Literal["cpu", "auto", "cuda", "mps"] = "auto"
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)
    model: ModelOptions
    data: Annotated[tuple[DataSource, ...], Field(min_length=1)]
    calibration: tuple[DataSource, ...] = ()
    loop: LoopOptions
    augmentation: AugmentationOptions = AugmentationOptions()
    objective: ObjectiveOptions
    transfer: TransferOptions = TransferOptions()
    target: TargetOptions | None = None
    card: CardOptions
    leave_out: tuple[str, ...] = ()
    study: StudyOptions = StudyOptions()

    @property
    def scheme(self) -> Scheme:
        """Classes of the result."""
        return BUILTIN_SCHEMES[self.task]

    @model_validator(mode="after")
    def _check(self) -> Recipe:
        problems = list(self._problems())
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> list[str]:
        if self.task not in BUILTIN_SCHEMES:
            return [f"task: {self.task!r} is none of {', '.join(BUILTIN_SCHEMES)}"]
        problems = []
        classes = len(self.scheme.classes)
        if len(self.objective.class_weights) != classes:
            problems.append(
                f"objective.class_weights: {len(self.objective.class_weights)} values for {classes} classes"
            )
        problems += [
            f"data: {source.set} is labelled for {SETS[source.set].task}, not {self.task}"
            for source in (*self.data, *self.calibration)
            if SETS[source.set].task != self.task
        ]
        trained = {(source.set, split) for source in self.data for split in source.splits}
        problems += [
            f"calibration: {source.set}/{split} is trained on"
            for source in self.calibration
            for split in source.splits
            if (source.set, split) in trained
        ]
        problems += [
            f"data: the terms of {source.set} allow tests only"
            for source in self.data
            if not SETS[source.set].trainable
        ]
        problems += adaptation_problems(self)
        kinds = {_grass_label(source.set) for source in self.data} - {""}
        if len(kinds) > 1:
            problems.append(f"data: labels of {' and '.join(sorted(kinds))} mean different things")
        return problems


def _grass_label(name: str) -> str:
    """Return which kind of grass cover a set is labelled with; they must not be mixed."""
    return {
        "naip_california": "weak_cover5",
        "naip_prairie": "weak_cover5",
        "chesapeake_wv": "grass_cover5",
    }.get(name, "")
