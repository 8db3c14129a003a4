"""Widgets that pages are made of."""

from napari_rsseg.docks.parts.areas import AreaTable
from napari_rsseg.docks.parts.form import OptionsForm
from napari_rsseg.docks.parts.models import ModelList
from napari_rsseg.docks.parts.question import QuestionBox
from napari_rsseg.docks.parts.refresher import Refresher

__all__ = ["AreaTable", "ModelList", "OptionsForm", "QuestionBox", "Refresher"]
