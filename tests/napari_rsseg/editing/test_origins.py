"""Who said a label and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_rsseg.classes.scheme import LANDSLIDE
from napari_rsseg.editing.origins import origin_words, provenance_words
from napari_rsseg.project import Project, Provenance

if TYPE_CHECKING:
    from pathlib import Path


def test_persons_and_models_are_named_with_the_day(tmp_path: Path) -> None:
    with Project.create(tmp_path / "project", name="p", scheme=LANDSLIDE) as project:
        catalogue = project.catalogue
        anna = catalogue.actor("person", "anna")
        day = catalogue.rows("SELECT since FROM actors")[0]["since"][:10]
        assert origin_words(catalogue, Provenance.CORRECTED, anna) == f"corrected by anna, {day}"
        assert origin_words(catalogue, Provenance.UNLABELLED, 0) == "nothing said"
        assert "does not name" in origin_words(catalogue, Provenance.IMPORTED, 900)


@pytest.mark.parametrize("provenance", list(Provenance), ids=lambda each: each.name)
def test_each_provenance_has_words(provenance: Provenance) -> None:
    assert provenance_words(provenance)
