"""What a recipe may say of a second, unlabelled domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from rsseg_training.sampling import SETS

if TYPE_CHECKING:
    from rsseg_training.recipes.schema import Recipe

__all__ = ["ADAPTING_FAMILY", "TargetOptions", "adaptation_problems"]

ADAPTING_FAMILY = "stdasegnet"
"""The family that trains on a second, unlabelled domain."""

_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class TargetOptions(BaseModel):
    """Images of another domain, to which ST-DASegNet adapts.

    Attributes
    ----------
    set : str
        Name of the set. Only its images are trained on, so sets whose terms allow tests only may be named.
    splits : tuple of str
        Splits whose images are trained on; their labels are not looked at.
    held_back : tuple of str
        Splits whose labels say how well it worked, before and after; none of ``splits``.
    source_steps : int
        Steps of the loop on the source alone, before the adaptation begins; what is measured before it is
        measured then. 0, as published: nothing is measured before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    set: str
    splits: Annotated[tuple[str, ...], Field(min_length=1)] = ("train",)
    held_back: tuple[str, ...] = ()
    source_steps: Annotated[int, Field(ge=0)] = 0


def adaptation_problems(recipe: Recipe) -> list[str]:
    """Return what does not fit together in a recipe that adapts, or should."""
    target = recipe.target
    if (target is not None) != (recipe.model.family == ADAPTING_FAMILY):
        return [f"target: {ADAPTING_FAMILY} needs this section, no other family has it"]
    if target is None:
        return []
    if target.set not in SETS:
        return [f"target.set: there is no set {target.set!r}; known are {', '.join(sorted(SETS))}"]
    problems = []
    if SETS[target.set].task != recipe.task:
        problems.append(f"target.set: {target.set} is for {SETS[target.set].task}, not {recipe.task}")
    seen = {target.set} & {source.set for source in (*recipe.data, *recipe.calibration)}
    problems += [f"target.set: the labels of {name} are used elsewhere in this recipe" for name in seen]
    twice = sorted({*target.splits} & {*target.held_back})
    problems += [f"target.held_back: the images of {split} are trained on" for split in twice]
    if target.source_steps >= recipe.loop.steps:
        problems.append(f"target.source_steps: leaves none of {recipe.loop.steps} steps to adapt in")
    if recipe.precision != "32-true":
        problems.append(f"precision: {ADAPTING_FAMILY} trains in 32-true")
    if recipe.objective.faithful:
        problems += _unfaithful(recipe)
    return problems


def _unfaithful(recipe: Recipe) -> list[str]:
    """Return what the published training has otherwise."""
    assert recipe.target is not None
    problems = []
    if (recipe.mean, recipe.std) != (_IMAGENET_MEAN, _IMAGENET_STD):
        problems.append(f"mean, std: the published views have {_IMAGENET_MEAN} and {_IMAGENET_STD}")
    if recipe.target.source_steps:
        problems.append("target.source_steps: the published training adapts from the first step on")
    if recipe.loop.averaging:
        problems.append("loop.averaging: the published result is the last network, 0")
    return problems
