"""The Project page's state: projects made and opened, and where one left them."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest

from napari_rsseg.panels.project import ProjectPanel
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.project import Project
from napari_rsseg.settings import data_folder

if TYPE_CHECKING:
    from pathlib import Path

WAIT_S = 60.0


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for path in sorted((data_folder() / "landslide/coseismic_256/images").glob("*.tif"))[:2]:
        shutil.copy2(path, folder)
    return folder


@pytest.fixture
def panel(tmp_path: Path, stand_in: Any, monkeypatch: pytest.MonkeyPatch) -> ProjectPanel:
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))
    return ProjectPanel(SegmentPanel(lambda scheduler: stand_in, tmp_path / "cache" / "predictions"))


def wait(panel: ProjectPanel) -> None:
    end = time.monotonic() + WAIT_S
    while panel.activity and time.monotonic() < end:
        time.sleep(0.02)
    assert not panel.activity


def create(panel: ProjectPanel, pictures: Path) -> Path:
    panel.folder, panel.root = str(pictures), f"{pictures}-landslide"
    panel.create()
    wait(panel)
    return pictures.with_name("pictures-landslide")


def test_a_folder_of_scenes_becomes_the_open_project_file_by_file(
    panel: ProjectPanel, pictures: Path
) -> None:
    (pictures / "broken.tif").write_bytes(b"II*\0")
    wanted: list[tuple[str, dict[str, object]]] = []
    panel.scene_wanted.connect(lambda uri, left: wanted.append((uri, left)))
    assert not panel.can_create
    root = create(panel, pictures)
    assert panel.project is not None
    assert panel.project.root == root
    assert panel.segment.labellings.project is panel.project
    assert panel.segment.task == "landslide"
    assert len(panel.scenes) == 2
    (problem,) = panel.report
    assert "broken.tif" in problem
    assert (panel.done, panel.total) == (3, 3)
    assert [entry.root for entry in panel.recent] == [root]
    assert wanted == [(panel.scenes[0].uri, {})]
    panel.close()
    assert panel.segment.labellings.project is None
    with Project.open(root) as free:
        assert not free.is_read_only


def test_a_project_reopens_with_scene_camera_tool_and_class(panel: ProjectPanel, pictures: Path) -> None:
    root = create(panel, pictures)
    second = panel.scenes[1]
    panel.show_scene(second.id)
    panel.remember(camera={"centre": [0.0, 3.0, 4.0], "zoom": 2.0}, tool="brush", class_id=1)
    panel.close()
    wanted: list[tuple[str, dict[str, object]]] = []
    panel.scene_wanted.connect(lambda uri, left: wanted.append((uri, left)))
    panel.open(root)
    wait(panel)
    left = {"scene": second.id, "camera": {"centre": [0.0, 3.0, 4.0], "zoom": 2.0}, "tool": "brush"}
    assert wanted == [(second.uri, {**left, "class_id": 1})]
    panel.show_scene(panel.scenes[0].id)
    assert wanted[1] == (panel.scenes[0].uri, {}), "another scene is shown as a whole"
    panel.close()


def test_a_project_that_another_program_holds_is_opened_to_read(panel: ProjectPanel, pictures: Path) -> None:
    root = create(panel, pictures)
    panel.close()
    with Project.open(root):
        panel.open(root)
        wait(panel)
        assert "Open only to read, held by" in panel.message
        panel.remember(tool="brush")
        panel.close()


def test_what_cannot_be_opened_is_said_and_the_open_project_stays(
    panel: ProjectPanel, pictures: Path, tmp_path: Path
) -> None:
    create(panel, pictures)
    open_one = panel.project
    panel.open(tmp_path)
    wait(panel)
    assert "is no project" in panel.message
    assert panel.project is open_one
    shutil.rmtree(pictures)
    panel.show_scene(panel.scenes[1].id)
    assert "--scene" in panel.message
    panel.close()
