"""The window follows the project."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from napari_rsseg.docks.parts.project_follower import ProjectFollower
from napari_rsseg.settings import data_folder

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from napari_rsseg.docks import RssegDock

WAIT_MS = 60_000


def test_a_scene_that_is_shown_is_chosen_and_not_opened_twice(
    dock: RssegDock, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))
    for path in sorted((data_folder() / "landslide/coseismic_256/images").glob("*.tif"))[:2]:
        (tmp_path / "pictures").mkdir(exist_ok=True)
        shutil.copy2(path, tmp_path / "pictures")
    assert isinstance(dock.project_follower, ProjectFollower)
    panel, workbench = dock.project, dock.workbench
    panel.folder, panel.root = str(tmp_path / "pictures"), str(tmp_path / "slides")
    panel.create()
    qtbot.waitUntil(lambda: len(workbench.panel.scenes) == 1, timeout=WAIT_MS)
    first, second = panel.scenes
    panel.show_scene(second.id)
    qtbot.waitUntil(lambda: len(workbench.panel.scenes) == 2, timeout=WAIT_MS)
    count = len(workbench.viewer.layers)
    panel.show_scene(first.id)
    qtbot.waitUntil(
        lambda: workbench.panel.scene is not None and workbench.panel.scene.uri == first.uri, timeout=WAIT_MS
    )
    assert len(workbench.viewer.layers) == count
    panel.close()
