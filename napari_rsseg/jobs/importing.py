"""Weights that others publish, taken into a models folder with a card of ours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from napari_rsseg.errors import CheckpointError, ModelError, RssegError
from napari_rsseg.jobs.import_cards import card_values, slug
from napari_rsseg.jobs.importing_child import AUTHORS_SUFFIXES
from napari_rsseg.registry import check_model, open_model, save_model
from napari_rsseg.registry.card_file import card_of
from napari_rsseg.registry.storing import carried_card
from napari_rsseg.settings import user_models_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import JsonValue

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.registry import ModelFile, PublishedModel

__all__ = ["ImportOptions", "Imported", "import_file", "import_folder", "import_published"]


@dataclass(frozen=True)
class ImportOptions:
    """How files are taken in.

    Attributes
    ----------
    folder : Path or None
        Where the model goes, for example a project's; None: the user's models folder.
    scheme : Scheme or None
        Its classes; None: those of the built-in scheme that the file's classes are.
    overwrite : bool
        Whether an installed model of the same name may be replaced.
    lenient : bool
        Whether keys that the network does not have are left out instead of refused.
    """

    folder: Path | None = None
    scheme: Scheme | None = None
    overwrite: bool = False
    lenient: bool = False

    @property
    def place(self) -> Path:
        """Folder that the model goes to."""
        return self.folder or user_models_folder()


@dataclass(frozen=True)
class Imported:
    """What became of one file of a folder: a model, or the reason why it was left out."""

    source: Path
    model: ModelFile | None = None
    problem: RssegError | None = None


def import_published(model: PublishedModel, source: Path, options: ImportOptions | None = None) -> ModelFile:
    """Read a published weight file, fit it to its network and store it with its card.

    Loads torch: never call it in the window's process.

    Parameters
    ----------
    model : PublishedModel
        Which model the file is of.
    source : Path
        File as its authors publish it.
    options : ImportOptions, optional
        Where it goes, and what may be replaced.

    Raises
    ------
    CheckpointError
        When the file cannot be read as weights, or they do not fit the network.
    OutputError
        When the model is installed already, or the models folder cannot be written.
    """
    from napari_rsseg.checkpoints import RecognisedNetwork, from_published, ktda_key, read_checkpoint, take_in

    asked = options or ImportOptions()
    published_key = ktda_key if model.family == "ktda" else str
    network = RecognisedNetwork(
        model.family, dict(model.architecture), partial(from_published, published_key=published_key)
    )
    taken = take_in(read_checkpoint(source), known=network, lenient=asked.lenient)
    arrays = {key: tensor.numpy() for key, tensor in taken.state.items()}
    return save_model(asked.place, model.card_values(), arrays, overwrite=asked.overwrite)


def import_file(source: Path, *, name: str | None = None, options: ImportOptions | None = None) -> ModelFile:
    """Tell from a weight file which network it holds, and store it with a card.

    A file with a card of ours beside it keeps that card. Loads torch: never call it in the window's process.

    Parameters
    ----------
    source : Path
        File as a training program of KTDA, TransLandSeg, ST-DASegNet or SAM, or a library of backbones, or
        this package writes it.
    name : str, optional
        Of the model; the file's name where none is given.
    options : ImportOptions, optional
        Where it goes, its classes, and what may be replaced.

    Raises
    ------
    CheckpointError
        When the file cannot be read as weights, is of no known network, or does not fit the one it names.
    ModelError
        When its classes are of no built-in scheme, or not as many as those of the given one.
    OutputError
        When a model of this name is installed already, or the models folder cannot be written.
    """
    asked = options or ImportOptions()
    has_card = source.suffix == ".safetensors" and source.with_suffix(".json").is_file()
    if has_card or source.suffix == ".json":
        return _copied(open_model(source), name, asked)
    carried = carried_card(source) if source.suffix == ".safetensors" else None
    if carried is not None:
        return _restored(source, carried, name, asked)
    from napari_rsseg.checkpoints import read_checkpoint, take_in

    checkpoint = read_checkpoint(source)
    taken = take_in(checkpoint, lenient=asked.lenient)
    values = card_values(source, checkpoint, taken, asked.scheme) | {"name": name or slug(source)}
    arrays = {key: tensor.numpy() for key, tensor in taken.state.items()}
    return save_model(asked.place, values, arrays, overwrite=asked.overwrite)


def import_folder(folder: Path, options: ImportOptions | None = None) -> Iterator[Imported]:
    """Import every weight file of a folder and its subfolders; one that cannot be is told with its reason.

    Raises
    ------
    CheckpointError
        When the folder holds no file that is called as weights are.
    """
    suffixes = (*AUTHORS_SUFFIXES, ".tar", ".safetensors")
    files = sorted(path for path in folder.rglob("*") if path.name.lower().endswith(suffixes))
    if not files:
        raise CheckpointError(
            f"{folder} holds no weight files ({', '.join(sorted({*suffixes}))}).", "Name another folder."
        )
    for path in files:
        try:
            yield Imported(path, model=import_file(path, options=options))
        except RssegError as error:
            yield Imported(path, problem=error)


def _restored(
    source: Path, values: dict[str, JsonValue], name: str | None, asked: ImportOptions
) -> ModelFile:
    """Store a model of ours that lost its card, with the card that its weights carry."""
    from napari_rsseg.checkpoints import check_fit, read_tensors

    card = card_of({**values, "sha256": "0" * 64}, source=f"What {source} carries")
    tensors = read_tensors(source)
    if card.base is None:
        check_fit(card.family, card.architecture, tensors)
    if asked.scheme is not None:
        values = {**values, "scheme": asked.scheme.model_dump(mode="json")}
    arrays = {key: tensor.numpy() for key, tensor in tensors.items()}
    return save_model(asked.place, {**values, "name": name or card.name}, arrays, overwrite=asked.overwrite)


def _copied(model: ModelFile, name: str | None, asked: ImportOptions) -> ModelFile:
    """Store a model of ours once more, under another name where one is given."""
    from safetensors.numpy import load_file

    if asked.scheme is not None:
        raise ModelError(
            f"{model.weights_path} has a card, which names its classes.", "Leave out the scheme, or the card."
        )
    check_model(model)
    values = model.card.model_dump(mode="json", exclude={"sha256"}) | {"name": name or model.card.name}
    return save_model(asked.place, values, load_file(model.weights_path), overwrite=asked.overwrite)
