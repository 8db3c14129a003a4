from __future__ import annotations

import pytest

from napari_rsseg.panels.card_page import card_page, pixel_words
from napari_rsseg.registry import Card, scan_models


@pytest.fixture
def card() -> Card:
    return next(model.card for model in scan_models().models if model.card.name == "landslide-starter")


def test_a_page_tells_classes_licence_and_every_figure_with_its_interval(card: Card) -> None:
    page = card_page(card)
    assert "| Classes | background, landslide |" in page
    assert f"| Licence | {card.licence} |" in page
    assert page.count("### ") == len(card.evaluations)
    first = card.evaluations[0].per_class["landslide"]
    assert f"| landslide | {first.iou:.3f} | {first.iou_low:.3f} to {first.iou_high:.3f} |" in page


def test_a_page_tells_what_a_model_was_made_from_where_it_was(card: Card) -> None:
    assert "Delta on" not in card_page(card)
    delta = card.model_copy(update={"base": "a" * 64, "parent": "b" * 64})
    assert f"| Delta on | `{'a' * 64}` |" in card_page(delta)
    assert f"| Trained from | `{'b' * 64}` |" in card_page(delta)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(None, None, "any"), (None, 3, "0 to 3 m"), (0.5, 10, "0.5 to 10 m"), (10, None, "10 m and coarser")],
)
def test_pixel_sizes_are_words(card: Card, low: float | None, high: float | None, words: str) -> None:
    assert pixel_words(card.model_copy(update={"gsd_min_m": low, "gsd_max_m": high})) == words
