from __future__ import annotations

from typing import TYPE_CHECKING, Any

import imageio.v3 as imageio
import numpy as np
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.viewer.legend import legend_entries
from napari_rsseg.viewer.opening import add_picture, prepare_picture
from napari_rsseg.viewer.workbench import Workbench

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.docks import RssegDock

WAIT_MS = 60_000


def _drop(dock: RssegDock, path: Path) -> None:
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(path))])
    dock.dropEvent(
        QDropEvent(
            QPointF(5, 5),
            Qt.DropAction.CopyAction,
            files,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


def test_the_palette_changes_layer_legend_and_areas(opened: RssegDock, qtbot: Any) -> None:
    qtbot.mouseClick(opened.page.segment, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.panel.run_state == "idle" and bool(opened.panel.areas), timeout=WAIT_MS)
    opened.workbench.flush()
    box = opened.page.classes.palette_list
    qtbot.waitUntil(lambda: box.count() == 2, timeout=WAIT_MS)
    box.setCurrentText("TransLandSeg masks")
    box.activated.emit(box.currentIndex())
    opened.workbench.flush()
    layer: Any = opened.workbench.labels_of(opened.panel.scene, "landslide")  # type: ignore[arg-type]  # open
    assert np.allclose(layer.colormap.map(np.uint8(1)), 1)
    assert [area.colour for area in opened.panel.areas] == ["#000000", "#ffffff"]
    assert legend_entries(opened.workbench.viewer) == ("landslide",)


def test_dropped_classes_are_a_task_whose_meaning_shows_on_hover(
    opened: RssegDock, qtbot: Any, wetland: str, tmp_path: Path
) -> None:
    imageio.imwrite(tmp_path / "reed.png", np.full((8, 8, 3), 200, dtype=np.uint8))
    path = tmp_path / "wetland.toml"
    path.write_text(wetland + 'example = "reed.png"', encoding="utf-8")
    _drop(opened, path)
    assert opened.panel.task == "wetland"
    classes = opened.page.classes
    qtbot.waitUntil(
        lambda: classes.classes.count() == 2 and classes.classes.item(1).text() == "reed", timeout=WAIT_MS
    )
    hover = classes.classes.item(1).toolTip()
    assert "Reed &amp; cattail." in hover
    assert "100 m²" in hover
    assert f"<img src='{(tmp_path / 'reed.png').as_uri()}'" in hover
    qtbot.waitUntil(lambda: opened.page.task.currentText() == "wetland", timeout=WAIT_MS)


def test_empty_labels_of_any_classes_can_be_painted_and_saved(
    opened: RssegDock, qtbot: Any, tmp_path: Path
) -> None:
    opened.panel.choose_task("grass")
    qtbot.mouseClick(opened.page.classes.new_labels, Qt.MouseButton.LeftButton)
    layer: Any = opened.workbench.labels_of(opened.panel.scene, "grass")  # type: ignore[arg-type]  # open
    assert (layer.data == IGNORED).all()
    layer.paint((50, 50), 3)
    opened.save(str(tmp_path / "hand.tif"), opened.workbench.write_labels)
    qtbot.waitUntil(lambda: "Saved" in opened.panel.message, timeout=WAIT_MS)
    opened.save(str(tmp_path / "p.tif"), opened.workbench.write_probabilities)
    qtbot.waitUntil(lambda: "Keep probabilities" in opened.panel.message, timeout=WAIT_MS)


def test_a_model_file_can_be_dropped(opened: RssegDock, qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "none.safetensors"
    path.write_bytes(b"")
    _drop(opened, path)
    assert "none" in opened.panel.message


def test_labels_painted_without_saving_are_there_when_the_scene_is_opened_again(
    opened: RssegDock, qtbot: Any
) -> None:
    panel, viewer = opened.panel, opened.workbench.viewer
    opened.panel.choose_task("grass")
    opened.workbench.new_labels()
    layer: Any = opened.workbench.labels_of(panel.scene, "grass")  # type: ignore[arg-type]  # open
    layer.brush_size = 9
    layer.paint((50, 50), 3)
    assert panel.labellings.has_new_edits
    panel.close()
    painted, scene = int((layer.data == 3).sum()), panel.scene
    again = SegmentPanel(panel.start_engine, panel.store_root)
    viewer.layers.clear()
    workbench = Workbench(viewer, again)
    assert scene is not None
    add_picture(viewer, prepare_picture(scene, "true-colour"))
    workbench.flush()
    restored: Any = workbench.labels_of(scene, "grass")
    assert (restored.data == 3).sum() == painted
    assert again.message == "grass: the labels are as they were left. Undo reaches back 1 step."
