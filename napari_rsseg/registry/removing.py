"""Taking a model away: both files, and only those that nothing else needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.classes.scheme import BUILTIN_SCHEMES
from napari_rsseg.errors import ModelError, OutputError
from napari_rsseg.registry.choices import chosen_models, keep_choices
from napari_rsseg.registry.sources import InstalledModels, scan_models, starters_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["check_removable", "remove_model"]


def remove_model(name: str, extra: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Delete the card and the weights of a model.

    Where the model was the one that its task begins with, the starter takes its place.

    Parameters
    ----------
    name : str
        On the card; the stem of the file where the card is broken.
    extra : sequence of Path
        Further places to look.

    Returns
    -------
    tuple of Path
        The files that are gone.

    Raises
    ------
    ModelError
        When there is no such model, it comes with the package, it is the last one of a built-in task, or
        other models are deltas on it.
    OutputError
        When a file cannot be deleted.
    """
    card_path = check_removable(name, extra)
    files = [path for path in (card_path, card_path.with_suffix(".safetensors")) if path.is_file()]
    for path in files:  # the card first: weights without a card are no model
        try:
            path.unlink()
        except OSError as error:
            raise OutputError(f"{path} cannot be deleted ({error.strerror}).", "Check its rights.") from None
    choices = chosen_models()
    kept = {task: chosen for task, chosen in choices.items() if chosen != name}
    if kept != choices:
        keep_choices(kept)
    return tuple(files)


def check_removable(name: str, extra: Sequence[Path] = ()) -> Path:
    """Return the card of a model that may be removed; name and places as in `remove_model`.

    Raises
    ------
    ModelError
        As `remove_model`, which deletes nothing then.
    """
    scan = scan_models(extra)
    card_path = _card_path(scan, name)
    if card_path.parent.resolve() == starters_folder().resolve():
        raise ModelError(
            f"{name} comes with the package and cannot be removed.", "Choose another model as the default."
        )
    _refuse_needed(scan, name)
    return card_path


def _card_path(scan: InstalledModels, name: str) -> Path:
    found = [model.card_path for model in scan.models if model.card.name == name]
    found += [entry.path for entry in scan.broken if entry.path.stem == name and entry.path.is_file()]
    if not found:
        names = ", ".join(model.card.name for model in scan.models)
        raise ModelError(f"There is no model {name!r} to remove.", f"Installed are {names}.")
    return found[0]


def _refuse_needed(scan: InstalledModels, name: str) -> None:
    model = next((model for model in scan.models if model.card.name == name), None)
    if model is None:
        return
    deltas = [other.card.name for other in scan.models if other.card.base == model.card.sha256]
    if deltas:
        raise ModelError(
            f"{name} is the base on which {', '.join(deltas)} stand{'s' if len(deltas) == 1 else ''}.",
            "Remove what stands on it first.",
        )
    alike = [other for other in scan.models if other.task == model.task]
    if model.task in BUILTIN_SCHEMES and len(alike) == 1:
        raise ModelError(
            f"{name} is the last model that segments {model.task}.", "Install another one first."
        )
