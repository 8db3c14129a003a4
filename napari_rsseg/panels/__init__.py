"""Evented state and commands of each page; no Qt, no napari."""

from napari_rsseg.panels.labelling import Labelling
from napari_rsseg.panels.options import SegmentOptions
from napari_rsseg.panels.segment import TASKS, SegmentPanel

__all__ = ["TASKS", "Labelling", "SegmentOptions", "SegmentPanel"]
