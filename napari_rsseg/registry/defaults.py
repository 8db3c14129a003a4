"""The model that a task begins with, as its user chose it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.errors import ModelError
from napari_rsseg.registry.choices import PROMPTS, chosen_models, keep_choices
from napari_rsseg.registry.sources import default_model, find_model

if TYPE_CHECKING:
    from napari_rsseg.registry.sources import ModelFile

__all__ = ["set_default", "unset_default"]


def set_default(task: str, name: str) -> ModelFile:
    """Let a task begin with this model from now on, in the window and on the command line.

    Parameters
    ----------
    task : str
        Name of a scheme, or ``prompts``.
    name : str
        Of an installed model that predicts it, or answers prompts.

    Raises
    ------
    ModelError
        When there is no such model, it is broken, or it predicts something else.
    SettingsError
        When the settings folder cannot be written.
    """
    model = find_model(name)
    answers = task == PROMPTS and model.card.family == "sam"
    if model.task != task and not answers:
        does = f"segments {model.task}" if model.task else "segments nothing by itself"
        raise ModelError(f"{model.card.name} {does}, not {task}.", f"Choose a model that segments {task}.")
    keep_choices({**chosen_models(), task: model.card.name})
    return model


def unset_default(task: str) -> ModelFile:
    """Let a task begin with its starter again, and return that.

    Raises
    ------
    ModelError
        When no installed model predicts the scheme of that name.
    SettingsError
        When the settings folder cannot be written.
    """
    choices = chosen_models()
    if choices.pop(task, None) is not None:
        keep_choices(choices)
    return default_model(task)
