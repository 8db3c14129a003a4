"""All models of a task, with what stands in the way of those that cannot run on the scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari_rsseg.registry.choices import chosen_models
from napari_rsseg.registry.fitting import fit
from napari_rsseg.registry.published import PUBLISHED_MODELS
from napari_rsseg.registry.sources import scan_models

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_rsseg.registry.sources import InstalledModels, ModelFile
    from napari_rsseg.scenes.scene import Scene

__all__ = ["ModelChoice", "ModelState", "model_choices"]

ModelState = Literal["ready", "unfit", "missing", "broken"]


@dataclass(frozen=True)
class ModelChoice:
    """A line of the model list.

    Attributes
    ----------
    name, title : str
        Key, and the line as shown.
    state : {"ready", "unfit", "missing", "broken"}
        Whether it can run; its card does not fit the scene; its weights are not there; its card is damaged.
    reason : str
        Why it cannot run and what to do, or what to know before it does; empty where there is nothing.
    model : ModelFile or None
        Card and weights, where both are there.
    """

    name: str
    title: str
    state: ModelState
    reason: str = ""
    model: ModelFile | None = None


def _installed(model: ModelFile, scene: Scene | None) -> ModelChoice:
    card = model.card
    if scene is None:
        return ModelChoice(card.name, card.title, "ready", "", model)
    found = fit(card, scene)
    if found.problems:
        reason = f"Does not fit this scene: {'; '.join(found.problems)}."
        return ModelChoice(card.name, card.title, "unfit", reason, model)
    reason = f"Note: {'; '.join(found.warnings)}." if found.warnings else ""
    return ModelChoice(card.name, card.title, "ready", reason, model)


def model_choices(
    task: str,
    scene: Scene | None,
    extra: Sequence[Path] = (),
    *,
    installed: InstalledModels | None = None,
) -> tuple[ModelChoice, ...]:
    """Return the models of a task: the user's choice, others that can run, unfit, missing and broken ones.

    Parameters
    ----------
    task : str
        Name of the scheme to predict.
    scene : Scene or None
        What they should fit; None: every installed model counts as ready.
    extra : sequence of Path
        Models named by the user, beside the starters and the user's folder.
    installed : InstalledModels or None
        What is found there, when it is known already.
    """
    found = scan_models(extra) if installed is None else installed
    choices = [_installed(model, scene) for model in found.models if model.task == task]
    names = {model.card.name for model in found.models}
    choices += [
        ModelChoice(published.name, published.title, "missing", f"{published.missing} {published.remedy}")
        for published in PUBLISHED_MODELS
        if published.task == task and published.name not in names
    ]
    choices += [
        ModelChoice(broken.path.stem, broken.path.name, "broken", str(broken.error))
        for broken in found.broken
    ]
    order: dict[ModelState, int] = {"ready": 0, "unfit": 1, "missing": 2, "broken": 3}
    first, starter = chosen_models().get(task), f"{task}-starter"
    return tuple(
        sorted(choices, key=lambda line: (order[line.state], line.name != first, line.name != starter))
    )
