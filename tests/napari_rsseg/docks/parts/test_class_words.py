from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_rsseg.docks.parts.class_words import class_hover, swatch

if TYPE_CHECKING:
    from pathlib import Path


def test_words_of_a_class_are_safe_in_rich_text() -> None:
    assert class_hover("a<b", "", "Smallest: 4 m².", None) == "<b>a&lt;b</b><br>Smallest: 4 m²."


def test_an_example_picture_is_found_whatever_its_path(tmp_path: Path) -> None:
    assert (tmp_path / "Schilf 東.png").as_uri() in class_hover(
        "reed", "Reed.", "", str(tmp_path / "Schilf 東.png")
    )


def test_a_swatch_has_the_colour(qtbot: Any) -> None:
    assert swatch("#e69f00").pixmap(8, 8).toImage().pixelColor(3, 3).name() == "#e69f00"
