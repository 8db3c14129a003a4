"""Who said a label and when, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.project import Provenance

if TYPE_CHECKING:
    from napari_rsseg.project.catalogue import Catalogue

__all__ = ["origin_words", "provenance_words"]

_WORDS = {
    Provenance.UNLABELLED: "nothing said",
    Provenance.PREDICTED: "predicted",
    Provenance.CORRECTED: "corrected",
    Provenance.ACCEPTED: "accepted",
    Provenance.IMPORTED: "imported",
}


def provenance_words(provenance: int) -> str:
    """Return what a stored provenance means, as legends show it."""
    return _WORDS[Provenance(provenance)]


def origin_words(catalogue: Catalogue, provenance: int, actor: int) -> str:
    """Return who said a label and when: ``corrected by anna, 2026-03-01``.

    Parameters
    ----------
    catalogue : Catalogue
        Names the actors.
    provenance, actor : int
        As stored for the pixel.

    Raises
    ------
    ProjectError
        When the catalogue is damaged.
    """
    said = provenance_words(provenance)
    if not actor:
        return said
    rows = catalogue.rows("SELECT name, since FROM actors WHERE id = ?", (actor,))
    if not rows:
        return f"{said} by number {actor}, whom the catalogue does not name"
    return f"{said} by {rows[0]['name']}, {rows[0]['since'][:10]}"
