"""The card that an imported weight file gets: what the file tells, and what is known of files like it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from napari_rsseg.classes.scheme import BUILTIN_SCHEMES, LANDSLIDE, ClassDefinition, Scheme
from napari_rsseg.errors import ModelError
from napari_rsseg.registry import DOWNLOADS, PUBLISHED_MODELS, sha256_of
from napari_rsseg.registry.published import imagenet_values

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.checkpoints import Checkpoint, RecognisedNetwork, TakenIn

__all__ = ["card_values", "slug"]

_TRAINER_STEP_PX = 32
"""Training sizes of KTDA are multiples of it; the feature grid tells them to within the teacher's patch."""
_TEACHER_PATCH_PX = 14
_ANY_TILE_PX = 512
_BACKBONE_PX = 224
_WITHOUT_CLASSES = {"sam": "answers prompts", "backbone": "to train networks on"}
_NOT_STATED = "not stated in the file: ask its authors"


def slug(source: Path) -> str:
    """Return the file's name without its endings, in the letters that names of models have."""
    return re.sub(r"[^a-z0-9]+", "-", source.name.lower().partition(".")[0]).strip("-") or "imported"


def card_values(
    source: Path, checkpoint: Checkpoint, taken: TakenIn, scheme: Scheme | None
) -> dict[str, Any]:
    """Return a card's values but for name and digest.

    Terms are those of the download of the same digest; terms and values of the input of a published system
    are those of the published file most like it.

    Raises
    ------
    ModelError
        When the classes are of no built-in scheme, not as many as those of the given one, or given for a
        network that has none.
    """
    recognised = taken.recognised
    notes = f"Imported from {source.name}; not measured here."
    if recognised.assumed:
        assumed = ", ".join(recognised.assumed)
        notes += f" Taken as published, as the file does not say: {assumed}."
    if taken.left_out:
        notes += f" Left out as asked: {len(taken.left_out)} keys of the file, first {taken.left_out[0]}."
    common = {
        "family": recognised.family,
        "architecture": to_jsonable_python(recognised.architecture),
        "bands": ["red", "green", "blue"],
        "training_data": ["Not stated in the file."],
        "notes": notes,
    }
    if recognised.family in _WITHOUT_CLASSES:
        return common | _without_classes(source, recognised, scheme)
    return common | _with_classes(source, checkpoint, recognised, scheme)


def _without_classes(source: Path, recognised: RecognisedNetwork, scheme: Scheme | None) -> dict[str, Any]:
    if scheme is not None:
        raise ModelError(
            f"{source} holds a network without classes ({_WITHOUT_CLASSES[recognised.family]}).",
            "Leave out the scheme.",
        )
    digest = sha256_of(source)
    same = next(
        (entry for entry in DOWNLOADS if entry.sha256 == digest or entry.path == source.absolute()), None
    )
    architecture = recognised.architecture
    what = architecture.get("name") or f"SAM {architecture['encoder']}"
    tile_px = _BACKBONE_PX if recognised.family == "backbone" else architecture.get("img_size", 1024)
    return {
        "title": same.title if same else f"{what}, {_WITHOUT_CLASSES[recognised.family]}, from {source.name}",
        "scheme": None,
        "input_values": imagenet_values("display"),
        "tile_px": max(32, tile_px),
        "licence": same.licence if same else _NOT_STATED,
    }


def _with_classes(
    source: Path, checkpoint: Checkpoint, recognised: RecognisedNetwork, scheme: Scheme | None
) -> dict[str, Any]:
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
    return {
        "title": f"{family}, {found.name}, from {source.name}",
        "scheme": found.model_dump(mode="json"),
        "input_values": imagenet_values(like.expects if like else "display"),
        "tile_px": _tile_px(recognised),
        "licence": alike[0].terms if alike else _NOT_STATED,
    }


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
        return Scheme(name=f"of-{slug(source)}", classes=classes)
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
