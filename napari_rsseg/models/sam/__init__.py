"""The SAM family: networks that look at an image once, before any prompt."""

from __future__ import annotations

from napari_rsseg.models.sam.architecture import SamArchitecture
from napari_rsseg.models.sam.framing import Frame, normalised_square, resized
from napari_rsseg.models.sam.mobile_encoder import MobileSamEncoder
from napari_rsseg.models.sam.network import Sam, SamPrompts

__all__ = [
    "Frame",
    "MobileSamEncoder",
    "Sam",
    "SamArchitecture",
    "SamPrompts",
    "normalised_square",
    "resized",
]
