"""The SAM family: networks that look at an image once, before any prompt."""

from __future__ import annotations

from napari_rsseg.models.sam.mobile_encoder import MobileSamEncoder

__all__ = ["MobileSamEncoder"]
