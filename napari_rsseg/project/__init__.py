"""The project folder on disk: scenes, labels, catalogue, and who may write."""

from __future__ import annotations

from napari_rsseg.project.catalogue import Catalogue
from napari_rsseg.project.implicit import implicit_folder, implicit_folders, open_implicit
from napari_rsseg.project.label_store import LabelBlock, LabelStore
from napari_rsseg.project.project import Project
from napari_rsseg.project.project_file import ProjectSettings
from napari_rsseg.project.provenance import REVIEWED, Provenance
from napari_rsseg.project.recent import RecentProject, forget_recent, recent_projects, remember_recent
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
    "RecentProject",
    "SceneEntry",
    "forget_recent",
    "implicit_folder",
    "implicit_folders",
    "open_implicit",
    "recent_projects",
    "remember_recent",
    "utc_now",
]
