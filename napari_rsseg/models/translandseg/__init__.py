"""TransLandSeg: SAM's encoder with adaptive transfer learning."""

from __future__ import annotations

from napari_rsseg.models.translandseg.architecture import TransLandSegArchitecture
from napari_rsseg.models.translandseg.network import TransLandSeg
from napari_rsseg.models.translandseg.prompts import high_pass

__all__ = ["TransLandSeg", "TransLandSegArchitecture", "high_pass"]
