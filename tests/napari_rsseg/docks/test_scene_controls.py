from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


def test_a_scene_of_another_reference_system_is_refused_aloud(
    opened: RssegDock, qtbot: Any, tmp_path: Any
) -> None:
    import numpy as np
    import tifffile

    path = tmp_path / "plain.tif"
    tifffile.imwrite(path, np.zeros((64, 64, 3), np.uint8) + 7, photometric="rgb")
    opened.scenes.open_scene(path)
    qtbot.waitUntil(lambda: "different reference systems" in opened.panel.message, timeout=60_000)
    assert len(opened.workbench.viewer.layers) == 1
