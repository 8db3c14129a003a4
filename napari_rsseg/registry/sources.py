"""Where models are found: starters of the package, the user's folder, and folders named by the caller."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from napari_rsseg.errors import ModelError
from napari_rsseg.registry.card_file import read_card
from napari_rsseg.registry.choices import PROMPTS, chosen_models
from napari_rsseg.registry.digest import sha256_of
from napari_rsseg.registry.published import PUBLISHED_MODELS, published_model
from napari_rsseg.settings import user_models_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_rsseg.registry.card import Card

__all__ = [
    "BrokenModel",
    "InstalledModels",
    "ModelFile",
    "check_model",
    "default_model",
    "find_model",
    "installed_models",
    "missing_base",
    "models_of_task",
    "open_model",
    "scan_models",
    "starters_folder",
]

_LOGGER = logging.getLogger(__name__)
_CARD_SUFFIX, _WEIGHTS_SUFFIX = ".json", ".safetensors"


@dataclass(frozen=True)
class ModelFile:
    """A card and the weights it describes.

    Attributes
    ----------
    card : Card
        As read from ``card_path``.
    card_path, weights_path : Path
        ``<name>.json`` and ``<name>.safetensors`` in one folder.
    """

    card: Card
    card_path: Path
    weights_path: Path

    @property
    def task(self) -> str | None:
        """Name of the scheme it predicts; None for prompt models."""
        return None if self.card.scheme is None else self.card.scheme.name


@dataclass(frozen=True)
class BrokenModel:
    """A card that cannot be used, and why."""

    path: Path
    error: ModelError


@dataclass(frozen=True)
class InstalledModels:
    """What a look through the model folders found."""

    models: tuple[ModelFile, ...]
    broken: tuple[BrokenModel, ...]


def starters_folder() -> Path:
    """Folder of the models that come with the package."""
    return Path(__file__).parent / "starters"


def open_model(path: Path) -> ModelFile:
    """Open a model by the path of its card or its weights.

    Raises
    ------
    ModelError
        When the card is not valid, its name is not the file's, or its weights are missing or empty.
    """
    if path.suffix not in (_CARD_SUFFIX, _WEIGHTS_SUFFIX):
        raise ModelError(
            f"{path} is neither a model card nor weights with a card.",
            f"Give a {_CARD_SUFFIX} card or the {_WEIGHTS_SUFFIX} file beside one.",
        )
    card_path = path.with_suffix(_CARD_SUFFIX)
    weights_path = path.with_suffix(_WEIGHTS_SUFFIX)
    if not card_path.is_file():
        raise ModelError(
            f"{path} has no card ({card_path} does not exist)." if path.exists() else f"{path} is missing.",
            "Put the card that belongs to the weights beside them.",
        )
    card = read_card(card_path)
    if card.name != card_path.stem:
        raise ModelError(
            f"{card_path} is the card of {card.name!r}.",
            f"Name both files {card.name}{_CARD_SUFFIX} and {card.name}{_WEIGHTS_SUFFIX}.",
        )
    if not weights_path.is_file() or weights_path.stat().st_size == 0:
        state = "are empty" if weights_path.is_file() else "are missing"
        raise ModelError(
            f"The weights of {card.name} {state} ({weights_path}).",
            f"Put the file with sha256 {card.sha256} there.",
        )
    return ModelFile(card=card, card_path=card_path, weights_path=weights_path)


def _cards_in(place: Path) -> list[Path]:
    """Return the cards of a folder, or the one file that is named."""
    if place.is_dir():
        return sorted(path for path in place.iterdir() if path.suffix == _CARD_SUFFIX)
    return [place]


def scan_models(extra: Sequence[Path] = ()) -> InstalledModels:
    """Look through the starters, the user's models folder and further places.

    Parameters
    ----------
    extra : sequence of Path
        Folders, cards or weight files; one that does not exist is reported as broken.

    Returns
    -------
    InstalledModels
        Models in order of the places and names. A broken card is reported and hides no other; where two
        models share a name the first stands and the other is reported. A delta whose base is nowhere among
        them is reported too.
    """
    own = [folder for folder in (starters_folder(), user_models_folder()) if folder.is_dir()]
    models: dict[str, ModelFile] = {}
    broken: list[BrokenModel] = []
    for place in (*own, *extra):
        try:
            cards = _cards_in(place)
        except OSError as error:
            found = ModelError(f"{place} cannot be listed ({error.strerror}).", "Check its permissions.")
            broken.append(BrokenModel(place, found))
            continue
        for path in cards:
            try:
                _add(models, open_model(path))
            except ModelError as error:
                _LOGGER.warning("model %s is left out: %s", path, error)
                broken.append(BrokenModel(path, error))
    digests = {model.card.sha256 for model in models.values()}
    for model in tuple(models.values()):
        if model.card.base is not None and model.card.base not in digests:
            broken.append(BrokenModel(model.card_path, missing_base(model)))
            del models[model.card.name]
    return InstalledModels(tuple(models.values()), tuple(broken))


def missing_base(model: ModelFile) -> ModelError:
    """Return what is wrong with a delta whose base is not installed."""
    return ModelError(
        f"{model.card.name} is a delta on a model with sha256 {model.card.base}, which is not installed.",
        f"Put that model and its card beside {model.card_path.name}, or into the models folder.",
    )


def _add(models: dict[str, ModelFile], model: ModelFile) -> None:
    """Add a model, unless another one has its name.

    Raises
    ------
    ModelError
        When the name is taken by another file.
    """
    first = models.setdefault(model.card.name, model)
    if first.card_path.resolve() != model.card_path.resolve():
        raise ModelError(
            f"{model.card_path} has the name of {first.card_path}.",
            "Rename one of them: its two files, and the name in its card.",
        )


def installed_models(extra: Sequence[Path] = ()) -> tuple[ModelFile, ...]:
    """Return all models whose card is valid and whose weights are there; see ``scan_models``."""
    return scan_models(extra).models


def models_of_task(task: str, extra: Sequence[Path] = ()) -> tuple[ModelFile, ...]:
    """Return the installed models that predict the scheme of this name; of ``prompts``, that answer these."""
    found = installed_models(extra)
    if task == PROMPTS:
        return tuple(model for model in found if model.card.family == "sam")
    return tuple(model for model in found if model.task == task)


def find_model(name_or_path: str, extra: Sequence[Path] = ()) -> ModelFile:
    """Return a model by the name on its card, or by the path of its card or weights.

    Raises
    ------
    ModelError
        When there is none, with the nearest name; or it is broken; or its weights are missing.
    """
    path = Path(name_or_path).expanduser()
    if path.suffix in (_CARD_SUFFIX, _WEIGHTS_SUFFIX) or path.is_file():
        return open_model(path)
    scan = scan_models(extra)
    for model in scan.models:
        if model.card.name == name_or_path:
            return model
    for entry in scan.broken:
        if entry.path.stem == name_or_path:
            raise entry.error
    published = published_model(name_or_path)
    if published is not None:
        raise ModelError(published.missing, published.remedy)
    names = [model.card.name for model in scan.models]
    near = get_close_matches(name_or_path, [*names, *(model.name for model in PUBLISHED_MODELS)], n=1)
    known = f"Installed are {', '.join(names)}." if names else "None is installed."
    raise ModelError(
        f"There is no model {name_or_path!r}.", f"Did you mean {near[0]}? {known}" if near else known
    )


def default_model(task: str) -> ModelFile:
    """Return the model that the user chose for a task, else its starter, else the first that predicts it.

    Raises
    ------
    ModelError
        When no installed model predicts the scheme of that name.
    """
    models = models_of_task(task)
    if not models:
        raise ModelError(
            f"No installed model segments {task}.",
            f"Put a model and its card into {user_models_folder()}, or name one by its path.",
        )
    by_name = {model.card.name: model for model in models}
    chosen = by_name.get(chosen_models().get(task, ""))
    return chosen or by_name.get(f"{task}-starter", models[0])


def check_model(model: ModelFile) -> None:
    """Compare the weights with the digest on the card.

    Raises
    ------
    ModelError
        When the weights are missing, cannot be read, or are not those the card describes.
    """
    found = sha256_of(model.weights_path)
    if found != model.card.sha256:
        raise ModelError(
            f"The weights of {model.card.name} have changed: {model.weights_path} has sha256 {found}, "
            f"the card says {model.card.sha256}.",
            "Get the original file again, or the card that belongs to this one.",
        )
