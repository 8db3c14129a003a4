"""The project folder on disk: scenes, labels, catalogue, and who may write."""

from __future__ import annotations

from napari_rsseg.project.provenance import REVIEWED, Provenance

__all__ = ["REVIEWED", "Provenance"]
