"""Everything but the docks that knows napari."""

from napari_rsseg.viewer.start import build_workbench, open_scene_in_viewer, start
from napari_rsseg.viewer.workbench import Workbench

__all__ = ["Workbench", "build_workbench", "open_scene_in_viewer", "start"]
