"""A dock in a real window, with the stand-in engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg.docks import RssegDock
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.viewer.keys import bind_keys
from napari_rsseg.viewer.opening import add_picture, prepare_picture
from napari_rsseg.viewer.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def dock(make_napari_viewer_proxy: Callable[[], Any], stand_in: Any, tmp_path: Path) -> RssegDock:
    """The dock, in the viewer that plugins are given."""
    viewer = make_napari_viewer_proxy()
    panel = SegmentPanel(lambda scheduler: stand_in, tmp_path / "predictions")
    workbench = Workbench(viewer.__wrapped__, panel)
    bind_keys(workbench.viewer, workbench)
    made = RssegDock(viewer, workbench)
    viewer.window.add_dock_widget(made, name="Map classes")
    return made


@pytest.fixture
def scene() -> SyntheticScene:
    """Two blocks."""
    return SyntheticScene((600, 300), 0)


@pytest.fixture
def opened(dock: RssegDock, scene: SyntheticScene, qtbot: Any) -> RssegDock:
    """The dock, with the scene in the viewer and the engine up."""
    add_picture(dock.workbench.viewer, prepare_picture(scene, "true-colour"))
    qtbot.waitUntil(lambda: dock.panel.engine_state == "ready", timeout=20_000)
    qtbot.waitUntil(dock.page.segment.isEnabled, timeout=20_000)
    return dock
