"""Builds the parts once and passes them on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.settings import cache_folder
from napari_rsseg.viewer.keys import bind_keys
from napari_rsseg.viewer.opening import add_picture, prepare_scene
from napari_rsseg.viewer.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import napari
    from napari.layers import Image

    from napari_rsseg.panels.run import SegmentationEngine

__all__ = ["PLUGIN", "WIDGET", "build_workbench", "open_scene_in_viewer", "start"]

PLUGIN, WIDGET = "napari-rsseg", "Map classes"


def _start_engine(scheduler: str | None) -> SegmentationEngine:
    from napari_rsseg.engine.cluster import Engine  # the cluster library loads on the thread that needs it

    return Engine.start(scheduler)


def build_workbench(
    viewer: napari.Viewer, start_engine: Callable[[str | None], SegmentationEngine] = _start_engine
) -> Workbench:
    """Return panel and layers of a viewer, in step and with keys bound; the engine is not started."""
    panel = SegmentPanel(start_engine, cache_folder() / "predictions")
    workbench = Workbench(viewer, panel)
    bind_keys(viewer, workbench)
    return workbench


def start(viewer: napari.Viewer) -> Any:
    """Open the dock in a viewer and return its widget; the one that is open already where there is one."""
    _, widget = viewer.window.add_plugin_dock_widget(PLUGIN, WIDGET)
    return widget


def open_scene_in_viewer(viewer: napari.Viewer, uri: str | Path) -> Image:
    """Open a scene and add its picture; the dock, where one is open, offers it.

    Raises
    ------
    SceneError
        When it cannot be opened.
    """
    return add_picture(viewer, prepare_scene(uri))
