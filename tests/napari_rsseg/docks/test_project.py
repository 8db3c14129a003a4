"""The Project page in a real window: a folder becomes a project, and reopens where one left."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg.settings import data_folder
from napari_rsseg.viewer.layers import ROLE_KEY

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.docks import RssegDock

WAIT_MS = 60_000


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))
    folder = tmp_path / "pictures"
    folder.mkdir()
    for path in sorted((data_folder() / "landslide/coseismic_256/images").glob("*.tif"))[:2]:
        shutil.copy2(path, folder)
    return folder


def shown(dock: RssegDock) -> list[str]:
    return [
        known.scene.uri for layer in dock.workbench.viewer.layers if (known := layer.metadata.get(ROLE_KEY))
    ]


def test_a_project_is_made_left_and_reopened_where_one_was(
    dock: RssegDock, qtbot: Any, pictures: Path
) -> None:
    page, panel, viewer = dock.project_page, dock.project, dock.workbench.viewer
    page.folder.setText(str(pictures))
    page.root.setText(str(pictures.with_name("slides")))
    qtbot.waitUntil(page.create_project.isEnabled, timeout=WAIT_MS)
    page.create_project.click()
    qtbot.waitUntil(lambda: page.scenes.count() == 2, timeout=WAIT_MS)
    first, second = panel.scenes
    qtbot.waitUntil(lambda: first.uri in shown(dock), timeout=WAIT_MS)
    page.scenes.itemActivated.emit(page.scenes.item(1))
    qtbot.waitUntil(lambda: second.uri in shown(dock), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not len(dock.workbench.chores), timeout=WAIT_MS)
    viewer.scene.camera.zoom, viewer.scene.camera.center = 3.0, (0.0, 40.0, 50.0)
    dock.correct.choose_class(0)
    dock.project_follower.remember()
    page.close_project.click()
    qtbot.waitUntil(lambda: not shown(dock), timeout=WAIT_MS)
    viewer.scene.camera.zoom = 1.0
    qtbot.waitUntil(lambda: page.recent.count() == 1, timeout=WAIT_MS)
    page.recent.itemActivated.emit(page.recent.item(0))
    qtbot.waitUntil(lambda: set(shown(dock)) == {second.uri}, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: viewer.scene.camera.zoom == 3.0, timeout=WAIT_MS)
    assert viewer.scene.camera.center == (0.0, 40.0, 50.0)
    assert dock.correct.class_id == 0
    assert "2 scenes" in page.message.text()
    panel.close()


def test_what_cannot_be_opened_is_said_on_the_page(dock: RssegDock, qtbot: Any, pictures: Path) -> None:
    dock.project.open(pictures)
    qtbot.waitUntil(lambda: "is no project" in dock.project_page.message.text(), timeout=WAIT_MS)
    assert dock.project.project is None
    assert not dock.project_page.close_project.isEnabled()
