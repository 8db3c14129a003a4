"""Networks that stand on an installed model: how they start, and what of them is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.errors import ModelError, TrainingError
from napari_rsseg.models import build
from napari_rsseg.registry import check_model, find_model
from napari_rsseg.registry.downloads import DOWNLOADS
from rsseg_training.recipes import BASE_FAMILIES

if TYPE_CHECKING:
    from napari_rsseg.models import SegmentationNetwork
    from napari_rsseg.registry import ModelFile
    from rsseg_training.recipes import Recipe

__all__ = ["base_of_recipe", "on_its_base", "stored_keys", "trained_share"]

_PROMPTS = "atl."  # what the base has none of


def base_of_recipe(recipe: Recipe) -> ModelFile | None:
    """Return the model that a recipe's network stands on, None where it stands on none.

    Raises
    ------
    TrainingError
        It is not installed, which file it takes and where that belongs; or it is of another kind, or has
        other classes.
    """
    name = recipe.model.base
    if name is None:
        return None
    try:
        base = find_model(name)
    except ModelError as error:
        by_hand = [download.by_hand for download in DOWNLOADS if download.name == name]
        raise TrainingError(
            f"The recipe {recipe.name} stands on {name}. {error.found}",
            f"{by_hand[0]}." if by_hand else error.remedy,
        ) from None
    wanted = BASE_FAMILIES[recipe.model.family]
    light = base.card.architecture.get("encoder") in (None, "vit_t")
    if base.card.family != wanted or not light or base.card.base is not None:
        raise TrainingError(
            f"A {recipe.model.family} stands on a whole model of family {wanted}"
            f"{' with encoder vit_t' if wanted == 'sam' else ''}, {name} is none.",
            "Name another model.base.",
        )
    if base.card.scheme is not None and base.card.scheme.classes != recipe.scheme.classes:
        raise TrainingError(
            f"{name} segments {base.card.scheme.name}, the recipe {recipe.task}.",
            "Name a model of the same classes as model.base.",
        )
    return base


def on_its_base(recipe: Recipe, base: ModelFile) -> SegmentationNetwork:
    """Build a recipe's network, which starts exactly at its base.

    Raises
    ------
    TrainingError
        The architecture is not the base's.
    ModelError
        The base's file has changed.
    """
    from safetensors.torch import load_file

    check_model(base)
    own = base.card.architecture if base.card.family == "ktda-light" else {}
    classes = len(recipe.scheme.classes)
    network = build(recipe.model.family, {**own, **recipe.model.architecture, "classes": classes})
    tensors = {name: tensor.float() for name, tensor in load_file(base.weights_path).items()}
    try:
        missing, unexpected = network.load_state_dict(tensors, strict=False)
    except RuntimeError as error:
        raise TrainingError(
            f"{base.card.name} does not fit the recipe's network ({str(error).splitlines()[1].strip()}).",
            "Leave sizes that the base has out of model.architecture.",
        ) from None
    strange = [*unexpected, *(name for name in missing if not name.startswith(_PROMPTS))]
    if strange:
        raise TrainingError(
            f"{base.card.name} and the network differ in {len(strange)} tensors, first {strange[0]}.",
            "Name another model.base.",
        )
    return network


def stored_keys(recipe: Recipe, network: SegmentationNetwork) -> set[str]:
    """Return the keys of what a network's file holds: all of them, or with a base those that trained."""
    if recipe.model.base is None:
        return set(network.state_dict())
    return {name for name, parameter in network.named_parameters() if parameter.requires_grad}


def trained_share(network: SegmentationNetwork, base: ModelFile | None) -> str:
    """Return a sentence on how much of a network trained; nothing where all of it did."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in network.parameters()]
    trained, whole = sum(size for size, trains in sizes if trains), sum(size for size, _ in sizes)
    if trained == whole:
        return ""
    others = "" if base is None else f"; the others are those of {base.card.name}"
    return f"Trained {trained:,} of {whole:,} parameters ({trained / whole:.1%}){others}."
