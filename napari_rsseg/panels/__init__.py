"""Evented state and commands of each page; no Qt, no napari."""

from napari_rsseg.panels.options import SegmentOptions
from napari_rsseg.panels.segment import SegmentPanel

__all__ = ["SegmentOptions", "SegmentPanel"]
