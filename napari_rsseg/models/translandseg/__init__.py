"""TransLandSeg: SAM's encoder with adaptive transfer learning."""

from __future__ import annotations

from napari_rsseg.models.layers.stage_prompts import high_pass
from napari_rsseg.models.translandseg.architecture import TransLandSegArchitecture
from napari_rsseg.models.translandseg.mobile import TransLandSegT, TransLandSegTArchitecture
from napari_rsseg.models.translandseg.network import TransLandSeg

__all__ = [
    "TransLandSeg",
    "TransLandSegArchitecture",
    "TransLandSegT",
    "TransLandSegTArchitecture",
    "high_pass",
]
