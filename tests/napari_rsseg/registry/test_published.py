from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from napari_rsseg.models import build
from napari_rsseg.registry import PUBLISHED_MODELS, PublishedModel, published_model
from napari_rsseg.registry.card_file import card_of

if TYPE_CHECKING:
    from pathlib import Path

each_model = pytest.mark.parametrize("model", PUBLISHED_MODELS, ids=lambda model: model.name)


def test_names_are_unique_and_found_again() -> None:
    names = [model.name for model in PUBLISHED_MODELS]
    assert len(set(names)) == len(names)
    assert [published_model(name) for name in names] == list(PUBLISHED_MODELS)
    assert published_model("landslide-starter") is None


@each_model
def test_the_card_of_imported_weights_is_whole_and_measures_nothing(model: PublishedModel) -> None:
    card = card_of({**model.card_values(), "sha256": "0" * 64}, source=model.name)
    assert card.scheme is not None
    assert card.scheme.name == model.task
    assert model.origin in card.notes
    assert card.evaluations == ()


@each_model
def test_the_card_describes_a_network_of_as_many_outputs_as_classes(model: PublishedModel) -> None:
    card = card_of({**model.card_values(), "sha256": "0" * 64}, source=model.name)
    assert card.scheme is not None
    with torch.device("meta"):
        network = build(card.family, card.architecture)
    assert card.tile_px % network.stride_px == 0
    with torch.no_grad(), torch.device("meta"):
        logits = network.eval()(torch.empty(1, 3, card.tile_px, card.tile_px, device="meta"))
    assert logits.shape[1] == len(card.scheme.classes)


@each_model
def test_missing_weights_are_said_with_their_place_and_the_command(
    model: PublishedModel, user_folder: Path
) -> None:
    assert str(user_folder / f"{model.name}.safetensors") in model.missing
    assert f"napari-rsseg models import FILE --as {model.name}" in model.remedy
    assert model.origin in model.remedy
