"""Weights that authors publish, taken into the models folder with a card of ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from napari_rsseg.classes.scheme import BUILTIN_SCHEMES, LANDSLIDE, ClassDefinition, Scheme
from napari_rsseg.errors import ModelError
from napari_rsseg.registry import PUBLISHED_MODELS, save_model
from napari_rsseg.registry.published import imagenet_values
from napari_rsseg.settings import user_models_folder

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.checkpoints import Checkpoint, RecognisedNetwork
    from napari_rsseg.registry import ModelFile, PublishedModel

__all__ = ["import_published", "import_recognised"]

_TRAINER_STEP_PX = 32
"""Training sizes of KTDA are multiples of it; the feature grid tells them to within the teacher's patch."""
_TEACHER_PATCH_PX = 14
_ANY_TILE_PX = 512


def import_published(model: PublishedModel, source: Path, *, overwrite: bool = False) -> ModelFile:
    """Read a published weight file, fit it to its network and store it with its card.

    Loads torch: never call it in the window's process.

    Parameters
    ----------
    model : PublishedModel
        Which model the file is of.
    source : Path
        File as its authors publish it.
    overwrite : bool
        Whether an installed model of this name may be replaced.

    Raises
    ------
    CheckpointError
        When the file cannot be read as weights, or they do not fit the network.
    OutputError
        When the model is installed already, or the models folder cannot be written.
    """
    from napari_rsseg.checkpoints import from_published, ktda_key, read_tensors
    from napari_rsseg.models import build

    network = build(model.family, model.architecture)
    published_key = ktda_key if model.family == "ktda" else str
    state = from_published(network, read_tensors(source), published_key)
    arrays = {key: tensor.numpy() for key, tensor in state.items()}
    return save_model(user_models_folder(), model.card_values(), arrays, overwrite=overwrite)


def import_recognised(
    source: Path, *, name: str | None = None, scheme: Scheme | None = None, overwrite: bool = False
) -> ModelFile:
    """Tell from a weight file which network it holds, and store it with a card.

    Loads torch: never call it in the window's process.

    Parameters
    ----------
    source : Path
        File as a training program of KTDA, TransLandSeg or ST-DASegNet writes it.
    name : str, optional
        Of the model; the file's name where none is given.
    scheme : Scheme, optional
        Its classes; those of the built-in scheme that the file's classes are where none is given.
    overwrite : bool
        Whether an installed model of this name may be replaced.

    Raises
    ------
    CheckpointError
        When the file cannot be read as weights, is of no known network, or does not fit the one it names.
    ModelError
        When its classes are of no built-in scheme, or not as many as those of the given one.
    OutputError
        When a model of this name is installed already, or the models folder cannot be written.
    """
    from napari_rsseg.checkpoints import read_checkpoint, recognise
    from napari_rsseg.models import build

    checkpoint = read_checkpoint(source)
    recognised = recognise(checkpoint)
    network = build(recognised.family, recognised.architecture)
    state = recognised.pick(network, checkpoint.tensors)
    values = _card_values(source, checkpoint, recognised, name, scheme)
    arrays = {key: tensor.numpy() for key, tensor in state.items()}
    return save_model(user_models_folder(), values, arrays, overwrite=overwrite)


def _card_values(
    source: Path,
    checkpoint: Checkpoint,
    recognised: RecognisedNetwork,
    name: str | None,
    scheme: Scheme | None,
) -> dict[str, Any]:
    """Return a card's values; terms and values of the input are those of the published file most like it."""
    count = _class_count(recognised)
    found = scheme or _scheme_of(source, checkpoint, count)
    if len(found.classes) != count:
        raise ModelError(
            f"{source} holds a network of {count} classes, scheme {found.name} has {len(found.classes)}.",
            "Give the scheme it was trained for.",
        )
    family = recognised.family
    alike = [model for model in PUBLISHED_MODELS if model.family == family]
    like = next((model for model in alike if model.task == found.name), None)
    taken = f" Taken as published, as the file does not say: {', '.join(recognised.assumed)}."
    return {
        "name": name or _slug(source),
        "title": f"{family}, {found.name}, from {source.name}",
        "family": family,
        "architecture": to_jsonable_python(recognised.architecture),
        "scheme": found.model_dump(mode="json"),
        "bands": ["red", "green", "blue"],
        "input_values": imagenet_values(like.expects if like else "display"),
        "tile_px": _tile_px(recognised),
        "licence": alike[0].terms if alike else "not stated in the file: ask its authors",
        "training_data": ["Not stated in the file."],
        "notes": f"Imported from {source.name}; not measured here.{taken if recognised.assumed else ''}",
    }


def _slug(source: Path) -> str:
    """Return the file's name without its endings, in the letters that names of models have."""
    return re.sub(r"[^a-z0-9]+", "-", source.name.lower().partition(".")[0]).strip("-") or "imported"


def _class_count(recognised: RecognisedNetwork) -> int:
    if recognised.family == "translandseg":
        return len(LANDSLIDE.classes)
    count: int = recognised.architecture["decode_head" if recognised.family == "ktda" else "head"][
        "num_classes"
    ]
    return count


def _scheme_of(source: Path, checkpoint: Checkpoint, count: int) -> Scheme:
    """Return the built-in scheme of the file's class names, or of their number, or the file's own."""
    names = tuple(name.replace("_", " ") for name in checkpoint.classes)
    folded = tuple(name.casefold() for name in names)
    for scheme in BUILTIN_SCHEMES.values():
        if folded == scheme.names or (not names and len(scheme.classes) == count):
            return scheme
    if len(names) == len(checkpoint.palette) == count:
        colours = ["#{:02x}{:02x}{:02x}".format(*colour) for colour in checkpoint.palette]
        pairs = zip(names, colours, strict=True)
        classes = tuple(ClassDefinition(name=name, colour=colour) for name, colour in pairs)
        return Scheme(name=f"of-{_slug(source)}", classes=classes)
    raise ModelError(
        f"{source} holds a network of {count} classes ({', '.join(names) or 'not named'}), "
        "which are those of no built-in scheme.",
        "Name a scheme: --schema FILE.toml, with as many classes.",
    )


def _tile_px(recognised: RecognisedNetwork) -> int:
    """Return the side of the training images, as the network tells it; ST-DASegNet takes any."""
    architecture = recognised.architecture
    if recognised.family == "translandseg":
        side: int = architecture["inp_size"]
        return side
    if recognised.family == "stdasegnet":
        return _ANY_TILE_PX
    largest: int = architecture["fam"]["output_size"] * _TEACHER_PATCH_PX
    return max(largest // _TRAINER_STEP_PX, 1) * _TRAINER_STEP_PX
