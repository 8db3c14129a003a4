from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import tifffile
from qtpy.QtCore import Qt
from rasterio.transform import from_origin

from napari_rsseg.scenes.georeferencing import crs_label

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_rsseg.docks import RssegDock


def test_the_sample_opens_without_a_file(dock: RssegDock, qtbot: Any) -> None:
    dock.scenes.open_scene("synthetic:size=64,seed=0")
    qtbot.waitUntil(lambda: dock.scenes.scene.count() == 1 and dock.scenes.isEnabled(), timeout=60_000)
    assert "64 x 64 px, 10 m, 4 bands uint16" in dock.scenes.facts.text()


def test_another_picture_is_added_as_a_layer_below_labels(opened: RssegDock, qtbot: Any) -> None:
    controls = opened.scenes
    index = controls.picture.findData("ndvi")
    controls.picture.setCurrentIndex(index)
    controls.picture.activated.emit(index)
    qtbot.waitUntil(lambda: len(opened.workbench.viewer.layers) == 2, timeout=60_000)
    assert "NDVI" in opened.workbench.viewer.layers[-1].name
    assert len(opened.panel.scenes) == 1


def test_two_scenes_of_one_name_are_told_apart(dock: RssegDock, qtbot: Any) -> None:
    for seed, count in ((0, 1), (1, 2)):
        dock.scenes.open_scene(f"synthetic:size=64,seed={seed}")
        qtbot.waitUntil(
            lambda count=count: dock.scenes.scene.count() == count and dock.scenes.isEnabled(), timeout=60_000
        )
    assert list(dock.panel.scenes) == ["synthetic scene", "synthetic scene (2)"]


def test_a_scene_without_a_place_on_the_map_is_refused_aloud_beside_others(
    opened: RssegDock, qtbot: Any, tmp_path: Path
) -> None:
    path = tmp_path / "plain.tif"
    tifffile.imwrite(path, np.zeros((64, 64, 3), np.uint8) + 7, photometric="rgb")
    opened.scenes.open_scene(path)
    qtbot.waitUntil(lambda: "different reference systems" in opened.panel.message, timeout=60_000)
    assert len(opened.workbench.viewer.layers) == 1


@pytest.fixture
def write_tiff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Four bands of different brightness at one place in a given reference system."""
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))

    def write(name: str, crs: str) -> Path:
        path = tmp_path / name
        numbers = np.stack([np.full((64, 64), number, dtype=np.uint8) for number in (20, 90, 160, 230)])
        with rasterio.open(
            path, "w", driver="GTiff", height=64, width=64, count=4, dtype="uint8", crs=crs,
            transform=from_origin(500_000, 5_000_000, 10, 10), photometric="minisblack",
        ) as file:  # fmt: skip
            file.write(numbers)
        return path

    return write


def _open(dock: RssegDock, qtbot: Any, path: Path) -> None:
    dock.scenes.open_scene(path)
    qtbot.waitUntil(dock.scenes.isEnabled, timeout=60_000)
    qtbot.wait(100)


def test_corrected_roles_change_the_picture_and_are_remembered(
    dock: RssegDock, qtbot: Any, write_tiff: Callable[[str, str], Path]
) -> None:
    _open(dock, qtbot, write_tiff("one.tif", "EPSG:32633"))
    controls = dock.scenes
    controls.bands_section.expand(animate=False)
    qtbot.waitUntil(lambda: len(controls.bands.roles) == 4, timeout=60_000)
    assert not controls.bands.apply.isEnabled()
    for index, role in enumerate(("blue", "green", "red", "nir")):
        box = controls.bands.roles[index]
        box.setCurrentIndex(box.findData(role))
        box.activated.emit(box.currentIndex())
    qtbot.waitUntil(controls.bands.apply.isEnabled, timeout=60_000)
    (layer,) = dock.workbench.viewer.layers
    assert tuple(np.asarray(layer.data[0])[0, 0, :3]) == (20, 90, 160)
    qtbot.mouseClick(controls.bands.apply, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "roles are changed" in dock.panel.message, timeout=60_000)
    assert tuple(np.asarray(layer.data[0])[0, 0, :3]) == (160, 90, 20)
    assert dock.panel.scene is not None
    assert dock.panel.scene.bands[0].role == "blue"
    assert list(dock.panel.scenes) == ["one"]
    _open(dock, qtbot, write_tiff("two.tif", "EPSG:32633"))
    assert dock.panel.scene.bands[0].role == "blue"
    qtbot.waitUntil(controls.bands.reset.isEnabled, timeout=60_000)
    qtbot.mouseClick(controls.bands.reset, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dock.panel.scenes["two"].bands[0].role == "red", timeout=60_000)


def test_a_scene_of_another_system_is_reprojected_on_request(
    dock: RssegDock, qtbot: Any, write_tiff: Callable[[str, str], Path]
) -> None:
    _open(dock, qtbot, write_tiff("one.tif", "EPSG:32633"))
    _open(dock, qtbot, write_tiff("two.tif", "EPSG:32634"))
    assert len(dock.workbench.viewer.layers) == 1
    qtbot.waitUntil(lambda: "reproject" in dock.scenes.question.buttons, timeout=60_000)
    answer = dock.scenes.question.buttons["reproject"]
    assert answer.text() == "Re-project to EPSG:32633 and open"
    qtbot.mouseClick(answer, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(dock.workbench.viewer.layers) == 2, timeout=60_000)
    assert dock.panel.scene is not None
    assert crs_label(dock.panel.scene.georeference) == "EPSG:32633"
    qtbot.waitUntil(lambda: not dock.scenes.question.buttons, timeout=60_000)


def test_a_scene_of_another_system_can_be_left(
    dock: RssegDock, qtbot: Any, write_tiff: Callable[[str, str], Path]
) -> None:
    _open(dock, qtbot, write_tiff("one.tif", "EPSG:32633"))
    _open(dock, qtbot, write_tiff("two.tif", "EPSG:32634"))
    qtbot.waitUntil(lambda: "stop" in dock.scenes.question.buttons, timeout=60_000)
    qtbot.mouseClick(dock.scenes.question.buttons["stop"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dock.scenes.question.buttons, timeout=60_000)
    assert list(dock.panel.scenes) == ["one"]
