from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.components import ViewerModel

from napari_rsseg.viewer.keys import KEYS
from napari_rsseg.viewer.start import build_workbench, open_scene_in_viewer

if TYPE_CHECKING:
    from collections.abc import Callable


def test_building_starts_no_engine_and_follows_the_viewer() -> None:
    def refuse(scheduler: str | None) -> Any:
        raise AssertionError("nobody asked for an engine")

    viewer = ViewerModel()
    workbench = build_workbench(viewer, refuse)
    open_scene_in_viewer(viewer, "synthetic:size=64,seed=0")
    assert list(workbench.panel.scenes) == ["synthetic scene"]
    assert workbench.panel.engine_state == "off"
    assert len(viewer.keymap) == len(KEYS)


def test_a_dock_built_later_finds_the_scenes_that_are_open() -> None:
    viewer = ViewerModel()
    open_scene_in_viewer(viewer, "synthetic:size=64,seed=0")
    assert list(build_workbench(viewer).panel.scenes) == ["synthetic scene"]


def test_the_manifest_opens_the_dock(make_napari_viewer: Callable[[], Any]) -> None:
    from napari_rsseg.docks import RssegDock
    from napari_rsseg.viewer.start import PLUGIN, WIDGET

    viewer = make_napari_viewer()
    _, widget = viewer.window.add_plugin_dock_widget(PLUGIN, WIDGET)
    assert isinstance(widget, RssegDock)
    widget.panel.close()
