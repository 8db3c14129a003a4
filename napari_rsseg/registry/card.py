"""Model cards: what a weight file is, what it expects, and how good it was measured to be."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from napari_rsseg.classes.scheme import Scheme
from napari_rsseg.errors import ModelError
from napari_rsseg.scenes.scene import BandRole

__all__ = ["Card", "ClassMetric", "Evaluation", "Family", "InputValues"]

Family = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=100)]
"""Name of a kind of network: one that `models.build` knows, or that another installed package adds."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InputValues(_Value):
    """What the network's first layer receives.

    Attributes
    ----------
    expects : {"display", "reflectance", "tile-minmax"}
        ``display``: the scene's radiometry with its display exponent, 0 to 1; ``reflectance``: the linear
        value of a scene whose radiometry is ``scale``; ``tile-minmax``: each tile scaled by its own minimum
        and maximum to 0 to 1, as the authors of published cloud checkpoints did (faithful imports only).
    mean, std : tuple of float
        Subtracted and divided per band, in units of the expected value.
    """

    expects: Literal["display", "reflectance", "tile-minmax"] = "display"
    mean: tuple[float, ...]
    std: tuple[float, ...]


class ClassMetric(_Value):
    """Figures of one class: value and 95 % bootstrap interval over images; None where the class is absent."""

    iou: float | None
    iou_low: float | None = None
    iou_high: float | None = None
    f1: float | None = None
    precision: float | None = None
    recall: float | None = None


class Evaluation(_Value):
    """Figures on one data set.

    Attributes
    ----------
    dataset : str
        Set and split, for example ``landslide4sense/test``.
    trained_on : bool
        Whether other images of the same set were used in training.
    images, seeds : int
        Number of images, and of trainings with different seeds, behind the figures.
    per_class : dict of ClassMetric
        By class name; mean over seeds.
    mean_iou, mean_iou_absent_as_zero : float
        Mean over classes present, and with classes never predicted or absent counted as 0.
    ece_before, ece_after : float or None
        Expected calibration error without and with the card's temperature.
    threshold : float or None
        Probability above which the (binary) foreground was called, where it was not the larger probability.
    confusion : tuple of tuple of int
        Rows are truth, columns prediction, in pixels.
    note : str
        What a reader must know: weak labels, thresholds, exclusions.
    """

    dataset: str
    trained_on: bool
    images: int
    seeds: int
    per_class: dict[str, ClassMetric]
    mean_iou: float
    mean_iou_absent_as_zero: float
    ece_before: float | None = None
    ece_after: float | None = None
    threshold: float | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    note: str = ""


class Card(_Value):
    """Everything needed to run a model and to judge it; JSON beside ``<name>.safetensors``.

    Attributes
    ----------
    name : str
        Unique key, also the stem of both files.
    title : str
        One line for lists.
    family : str
        Which network ``models.build`` makes.
    architecture : dict
        Arguments of that network, JSON values only.
    scheme : Scheme or None
        Classes in order of the network's output channels; None for prompt models.
    bands : tuple of band roles
        Input bands in order.
    input_values : InputValues
        Range and normalisation of the input.
    tile_px : int
        Side of the square tile the network was trained for, in pixels.
    gsd_min_m, gsd_max_m : float or None
        Ground sampling distances it was trained for, metres.
    licence : str
        Terms of the weights.
    training_data : tuple of str
        One sentence per data set.
    evaluations : tuple of Evaluation
        Measured figures.
    temperature : float
        Logits are divided by it before softmax.
    logit_bias : tuple of float
        Added to the logits after the temperature, per class; empty: none.
    parent : str or None
        sha256 of the model this one was trained from.
    base : str or None
        sha256 of the file this delta stands on; None for whole models.
    sha256 : str
        Digest of the weight file.
    notes : str
        What users must know: weak labels, which kind of grass, teacher absent.
    """

    schema_version: Literal[1] = 1
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    title: str
    family: Family
    architecture: dict[str, JsonValue]
    scheme: Scheme | None
    bands: tuple[BandRole, ...]
    input_values: InputValues
    tile_px: Annotated[int, Field(ge=32, le=8192)]
    gsd_min_m: float | None = None
    gsd_max_m: float | None = None
    licence: str
    training_data: tuple[str, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    temperature: Annotated[float, Field(gt=0)] = 1.0
    logit_bias: tuple[float, ...] = ()
    parent: str | None = None
    base: str | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    notes: str = ""

    @model_validator(mode="after")
    def _check(self) -> Card:
        for field, values in (("mean", self.input_values.mean), ("std", self.input_values.std)):
            if len(values) != len(self.bands):
                raise ModelError(
                    f"Card {self.name} has {len(values)} values of {field} for {len(self.bands)} bands.",
                    "Give one per band.",
                )
        if self.logit_bias and (self.scheme is None or len(self.logit_bias) != len(self.scheme.classes)):
            raise ModelError(
                f"Card {self.name} has {len(self.logit_bias)} logit biases.", "Give one per class, or none."
            )
        return self
