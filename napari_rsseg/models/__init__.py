"""Networks and nothing else."""

from __future__ import annotations

from napari_rsseg.models.build import build, known_families
from napari_rsseg.models.network import SegmentationNetwork

__all__ = ["SegmentationNetwork", "build", "known_families"]
