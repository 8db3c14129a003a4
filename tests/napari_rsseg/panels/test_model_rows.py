from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_rsseg.panels.model_rows import ModelRow, model_rows, size_words
from napari_rsseg.registry.downloads import DOWNLOADS
from napari_rsseg.registry.published import PUBLISHED_MODELS
from napari_rsseg.registry.sources import scan_models

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, ModelRow]:
    monkeypatch.setenv("RSSEG_MODELS", str(tmp_path))
    (tmp_path / "torn.json").write_text("{")
    found = scan_models()
    return {row.name: row for row in model_rows(found, PUBLISHED_MODELS, DOWNLOADS, {"landslide-starter"})}


def test_an_installed_model_tells_all_that_is_asked_of_the_list(rows: dict[str, ModelRow]) -> None:
    row = rows["landslide-starter"]
    facts = dict(row.facts)
    assert (row.task, row.state, row.is_default, row.is_ours) == ("landslide", "installed", True, True)
    assert facts["Classes"] == "background, landslide"
    assert facts["Bands"] == "red, green, blue"
    assert facts["Licence"] == "Apache-2.0"
    assert facts["Origin"] == "comes with the package"
    assert facts["Size"] == row.size
    assert facts["Mean IoU"].startswith(row.figure)


def test_figures_of_sets_never_trained_on_stand_beside_those_of_home(rows: dict[str, ModelRow]) -> None:
    figures = dict(rows["landslide-starter"].facts)["Mean IoU"]
    assert "landslide4sense" in figures
    assert "(coseismic_256/all, never trained on)" in figures


def test_a_published_model_says_what_to_get_and_can_be_downloaded_where_it_is_offered(
    rows: dict[str, ModelRow],
) -> None:
    row = rows["ktda-grass"]
    assert row.state == "missing"
    assert row.is_published
    assert row.download is not None
    assert "import FILE --as ktda-grass" in row.note
    assert rows["translandseg-bijie"].download is None


def test_a_file_that_can_only_be_downloaded_is_listed_with_size_and_licence(
    rows: dict[str, ModelRow],
) -> None:
    row = rows["mobile-sam"]
    assert row.state == "missing"
    assert not row.is_published
    assert (row.size, dict(row.facts)["Licence"]) == ("41 MB", "Apache-2.0")
    assert "models get mobile-sam" in row.note


def test_a_damaged_card_is_listed_with_what_is_wrong(rows: dict[str, ModelRow]) -> None:
    assert rows["torn"].state == "broken"
    assert "torn.json" in rows["torn"].note


def test_lineage_names_an_installed_parent_by_its_title_and_another_by_its_digest() -> None:
    found = scan_models()
    first = found.models[0]
    child = first.card.model_copy(update={"parent": first.card.sha256, "base": "f" * 64})
    model = type(first)(child, first.card_path, first.weights_path)
    row = model_rows(type(found)((first, model), ()), (), (), set())[1]
    assert dict(row.facts)["Lineage"] == (
        f"trained from {first.card.title}; delta on sha256 ffffffffffff…, not installed"
    )


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 kB"), (40_400, "40 kB"), (40_728_226, "41 MB"), (1_249_524_607, "1.25 GB")]
)
def test_sizes_are_words(count: int, words: str) -> None:
    assert size_words(count) == words
