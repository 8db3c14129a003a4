"""How a recipe is measured: seeds, folds and test sets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

__all__ = ["Baseline", "StudyOptions", "TestSource"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TestSource(_Section):
    """A set that models are tested on.

    Attributes
    ----------
    set : str
        Name of the set.
    splits : tuple of str
        Which of its splits; empty: all.
    groups : tuple of str
        Which of its groups; empty: all.
    view : {"classes", "any cloud"}
        Compare all classes, or cloud and thin cloud together against the rest.
    held_out : bool
        Each chip is predicted by the models that did not train on its group: cross-validation.
    trained_on : bool
        Whether other images of the set were used in training.
    threshold : float, "mean" or None
        Of two classes, instead of the card's; ``mean``: what the second one's probability is on average over
        the pixels of this test, so that it is chosen without labels.
    orientations : bool
        Average the probabilities of the eight orientations of each image.
    note : str
        What a reader must know.
    """

    set: str
    splits: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    view: Literal["classes", "any cloud"] = "classes"
    held_out: bool = False
    trained_on: bool = False
    threshold: Annotated[float, Field(gt=0, lt=1)] | Literal["mean"] | None = None
    orientations: bool = False
    note: str = ""


class Baseline(_Section):
    """Another network trained by the same recipe, for comparison.

    Attributes
    ----------
    family : str
        As in a model card.
    architecture : dict
        Its arguments but the number of classes.
    rate : float
        Its highest learning rate.
    seeds : tuple of int
        Its trainings, out of the study's.
    """

    family: Literal["ktda-light", "unet"] = "unet"
    architecture: dict[str, JsonValue] = Field(default_factory=dict)
    rate: Annotated[float, Field(gt=0, le=1)] = 1e-3
    seeds: tuple[int, ...] = (0,)


class StudyOptions(_Section):
    """What `rsseg-train evaluate-starters` does with a recipe.

    Attributes
    ----------
    seeds : tuple of int
        Trainings per fold.
    folds : tuple of tuple of str
        ``set/group`` left out in each fold; none: one training per seed.
    tests : tuple of TestSource
        What is predicted and scored.
    baseline : Baseline or None
        The network to compare with.
    """

    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (0, 1, 2)
    folds: tuple[tuple[str, ...], ...] = ()
    tests: tuple[TestSource, ...] = ()
    baseline: Baseline | None = None
