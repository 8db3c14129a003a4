"""The project folder on disk: scenes, labels, catalogue, and who may write."""

from __future__ import annotations

from napari_rsseg.project.catalogue import Catalogue
from napari_rsseg.project.label_store import LabelBlock, LabelStore
from napari_rsseg.project.project import Project
from napari_rsseg.project.project_file import ProjectSettings
from napari_rsseg.project.provenance import REVIEWED, Provenance
from napari_rsseg.project.scene_entry import SceneEntry
from napari_rsseg.project.times import utc_now

__all__ = [
    "REVIEWED",
    "Catalogue",
    "LabelBlock",
    "LabelStore",
    "Project",
    "ProjectSettings",
    "Provenance",
    "SceneEntry",
    "utc_now",
]
