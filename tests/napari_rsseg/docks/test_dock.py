from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QProgressBar,
    QTableWidget,
    QWidget,
)

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.scenes.masks import read_mask
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.keys import KEYS
from napari_rsseg.viewer.legend import legend_entries

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.docks import RssegDock

WAIT_MS = 60_000


def _click(qtbot: Any, button: QWidget) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def _segment(qtbot: Any, dock: RssegDock) -> None:
    qtbot.waitUntil(dock.page.segment.isEnabled, timeout=WAIT_MS)
    _click(qtbot, dock.page.segment)
    qtbot.waitUntil(lambda: dock.panel.run_state == "idle", timeout=WAIT_MS)
    dock.workbench.flush()
    qtbot.waitUntil(dock.page.segment.isEnabled, timeout=WAIT_MS)


def _labels(dock: RssegDock) -> Any:
    assert dock.panel.scene is not None
    return dock.workbench.labels_of(dock.panel.scene, dock.panel.task)


def test_segment_makes_editable_named_labels_and_a_confidence_layer(opened: RssegDock, qtbot: Any) -> None:
    _segment(qtbot, opened)
    layer = _labels(opened)
    assert isinstance(layer.data, np.ndarray)
    assert layer.data.dtype == np.uint8
    assert layer.editable
    assert (layer.data == 1).all()
    picture = opened.workbench.picture()
    assert picture is not None
    assert np.allclose(layer.affine.affine_matrix, picture.affine.affine_matrix)
    assert layer.units == picture.units
    confidence = opened.workbench.confidence_of(opened.panel.scene, "landslide")  # type: ignore[arg-type]  # open
    assert confidence is not None
    assert (np.asarray(confidence.data) == 200).all()
    name, share = opened.page.areas.item(1, 0), opened.page.areas.item(1, 2)
    assert name is not None
    assert share is not None
    assert (name.text(), share.text()) == ("landslide", "100.0")


def test_the_legend_names_what_is_visible(opened: RssegDock, qtbot: Any) -> None:
    viewer = opened.workbench.viewer
    _segment(qtbot, opened)
    assert legend_entries(viewer) == ("landslide",)
    opened.workbench.appearance.toggle_background()
    assert legend_entries(viewer) == ("background", "landslide")
    assert _labels(opened).colormap.map(np.uint8(0))[3] == 1
    _labels(opened).visible = False
    opened.workbench.flush()
    assert legend_entries(viewer) == ()


def test_a_scheme_that_covers_everything_is_shown_alone(opened: RssegDock, qtbot: Any) -> None:
    _segment(qtbot, opened)
    landslides = _labels(opened)
    opened.panel.choose_task("grass")
    _segment(qtbot, opened)
    assert not landslides.visible
    assert _labels(opened).visible


def test_painting_is_kept_when_the_question_is_answered_so(opened: RssegDock, qtbot: Any) -> None:
    _segment(qtbot, opened)
    layer = _labels(opened)
    layer.brush_size = 9
    layer.paint((50, 50), 0)
    assert layer.data[50, 50] == 0
    _click(qtbot, opened.page.segment)
    qtbot.waitUntil(lambda: "keep" in opened.page.question.buttons, timeout=WAIT_MS)
    assert not opened.page.segment.isEnabled()
    _click(qtbot, opened.page.question.buttons["keep"])
    qtbot.waitUntil(
        lambda: opened.panel.question is None and opened.panel.run_state == "idle", timeout=WAIT_MS
    )
    assert layer.data[50, 50] == 0
    layer.undo()
    assert layer.data[50, 50] == 1


def test_cancel_and_resume_are_buttons(opened: RssegDock, qtbot: Any, stand_in: Any) -> None:
    stand_in.blocks_before_hold = 1
    _click(qtbot, opened.page.segment)
    qtbot.waitUntil(lambda: stand_in.is_held.is_set() and opened.page.cancel.isEnabled(), timeout=WAIT_MS)
    _click(qtbot, opened.page.cancel)
    qtbot.waitUntil(lambda: opened.page.segment.text() == "Resume", timeout=WAIT_MS)
    labels = _labels(opened).data
    qtbot.waitUntil(lambda: bool((labels[:512] == 1).all()), timeout=WAIT_MS)
    assert (labels[512:] == IGNORED).all()
    stand_in.blocks_before_hold = None
    _segment(qtbot, opened)
    qtbot.waitUntil(lambda: bool((labels == 1).all()), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: opened.page.segment.text() == "Segment", timeout=WAIT_MS)


def test_a_label_layer_deleted_during_a_run_comes_back_with_the_next_click(
    opened: RssegDock, qtbot: Any, stand_in: Any
) -> None:
    stand_in.blocks_before_hold = 1
    _click(qtbot, opened.page.segment)
    qtbot.waitUntil(stand_in.is_held.is_set, timeout=WAIT_MS)
    opened.workbench.viewer.layers.remove(_labels(opened))
    stand_in.may_go_on.set()
    qtbot.waitUntil(lambda: opened.panel.run_state == "idle", timeout=WAIT_MS)
    assert opened.workbench.flush() >= 0
    assert "removed" in opened.panel.message
    _segment(qtbot, opened)
    assert (_labels(opened).data == 1).all()


def test_a_label_layer_renamed_during_a_run_is_still_filled(
    opened: RssegDock, qtbot: Any, stand_in: Any
) -> None:
    stand_in.blocks_before_hold = 1
    _click(qtbot, opened.page.segment)
    qtbot.waitUntil(stand_in.is_held.is_set, timeout=WAIT_MS)
    _labels(opened).name = "änderungen 東京"
    stand_in.may_go_on.set()
    qtbot.waitUntil(lambda: opened.panel.run_state == "idle", timeout=WAIT_MS)
    opened.workbench.flush()
    assert (_labels(opened).data == 1).all()
    assert len(opened.workbench.viewer.layers) == 3


def test_a_scene_removed_during_a_run_leaves_the_page_usable(
    opened: RssegDock, qtbot: Any, stand_in: Any
) -> None:
    stand_in.blocks_before_hold = 1
    _click(qtbot, opened.page.segment)
    qtbot.waitUntil(stand_in.is_held.is_set, timeout=WAIT_MS)
    opened.workbench.viewer.layers.clear()
    stand_in.may_go_on.set()
    qtbot.waitUntil(lambda: opened.panel.run_state == "idle", timeout=WAIT_MS)
    opened.workbench.flush()
    qtbot.waitUntil(lambda: opened.scenes.scene.count() == 0, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "No scene is open" in opened.page.segment.toolTip(), timeout=WAIT_MS)
    assert not opened.page.segment.isEnabled()


def test_a_drawn_rectangle_is_the_region(opened: RssegDock, qtbot: Any, stand_in: Any) -> None:
    _click(qtbot, opened.page.draw)
    viewer = opened.workbench.viewer
    shapes = viewer.layers.selection.active
    assert shapes.mode == "add_rectangle"
    shapes.add_rectangles(np.asarray([[99.5, 49.5], [149.5, 119.5]]))
    assert opened.panel.rectangle == Window(100, 150, 50, 120)
    _segment(qtbot, opened)
    assert stand_in.jobs[0].request.region == Window(100, 150, 50, 120)
    assert sum(area.pixels for area in opened.panel.areas) == 50 * 70


def test_the_view_is_the_region_when_that_is_chosen(opened: RssegDock, qtbot: Any, stand_in: Any) -> None:
    viewer = opened.workbench.viewer
    picture = opened.workbench.picture()
    assert picture is not None
    viewer.scene.camera.center = tuple(picture.data_to_world((300, 150)))
    viewer.scene.camera.zoom = min(viewer.canvas.size) / (100 * 10)  # 100 pixels of 10 m fit the short side
    opened.panel.region_kind = "view"
    _segment(qtbot, opened)
    region = stand_in.jobs[0].request.region
    assert abs((region.row_start + region.row_stop) / 2 - 300) <= 1
    assert region.height < 600


def test_saved_labels_lie_where_the_scene_lies(opened: RssegDock, qtbot: Any, tmp_path: Path) -> None:
    _segment(qtbot, opened)
    path = tmp_path / "Lösung 東京.tif"
    opened.save(str(path), opened.workbench.write_labels)
    qtbot.waitUntil(lambda: "Saved" in opened.panel.message, timeout=WAIT_MS)
    mask = read_mask(path)
    assert opened.panel.scene is not None
    assert mask.georeference.affine == opened.panel.scene.georeference.affine
    assert (mask.read(Window.of(600, 300)) == 1).all()


def test_saving_into_a_folder_that_is_missing_is_told(opened: RssegDock, qtbot: Any, tmp_path: Path) -> None:
    _segment(qtbot, opened)
    (tmp_path / "file").write_text("not a folder")
    opened.save(str(tmp_path / "file" / "labels.tif"), opened.workbench.write_labels)
    qtbot.waitUntil(lambda: "cannot be written" in opened.panel.message, timeout=WAIT_MS)
    assert opened.page.segment.isEnabled()


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.tif", b""), ("text.tif", b"this is no raster"), ("torn.tif", b"II*\0\x08\0\0\0\xff\xff")],
)
def test_a_bad_file_is_told_and_the_next_one_opens(
    dock: RssegDock, qtbot: Any, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    dock.scenes.open_scene(tmp_path / name)
    qtbot.waitUntil(lambda: name in dock.panel.message and dock.scenes.isEnabled(), timeout=WAIT_MS)
    assert "Opening" not in dock.panel.message
    dock.scenes.open_scene("synthetic:size=64,seed=0")
    qtbot.waitUntil(lambda: dock.panel.scene is not None, timeout=WAIT_MS)


def test_every_control_has_a_name_a_tooltip_and_a_way_by_keyboard(opened: RssegDock, qtbot: Any) -> None:
    _segment(qtbot, opened)
    for part in (opened.scenes.bands_section, opened.page.classes_section, opened.page.options_section):
        part.expand(animate=False)
    inputs = (QAbstractButton, QComboBox, QLineEdit, QListWidget)
    kinds = (*inputs, QProgressBar, QTableWidget)
    controls: list[Any] = [
        widget
        for kind in kinds
        for widget in opened.page.findChildren(kind)
        if widget.isVisibleTo(opened.page) and not widget.objectName().startswith("qt_")
    ]
    controls = [widget for widget in controls if not isinstance(widget.parent(), QTableWidget)]
    assert len(controls) >= 20
    assert not [widget for widget in controls if not (widget.accessibleName() or widget.text())]
    reached = [widget for widget in controls if isinstance(widget, inputs)]
    assert not [widget.accessibleName() for widget in reached if not widget.toolTip()]
    tab = Qt.FocusPolicy.TabFocus
    assert not [widget.accessibleName() for widget in reached if not widget.focusPolicy() & tab]


def test_keys_segment_and_cancel(opened: RssegDock, qtbot: Any, stand_in: Any) -> None:
    stand_in.blocks_before_hold = 1
    keys = opened.workbench.viewer.keymap
    pressed = {str(binding): action for binding, action in keys.items()}
    assert len(pressed) == len(KEYS)
    opened.workbench.panel.segment()
    qtbot.waitUntil(stand_in.is_held.is_set, timeout=WAIT_MS)
    opened.workbench.panel.cancel()
    qtbot.waitUntil(lambda: opened.panel.run_state == "idle", timeout=WAIT_MS)
    assert opened.panel.resumable


def test_closing_the_window_during_a_run_ends_the_engine(
    opened: RssegDock, qtbot: Any, stand_in: Any
) -> None:
    stand_in.blocks_before_hold = 1
    _click(qtbot, opened.page.segment)
    qtbot.waitUntil(stand_in.is_held.is_set, timeout=WAIT_MS)
    opened.panel.close()
    assert stand_in.closed.wait(WAIT_MS / 1000)


def test_the_dock_fits_a_small_screen(opened: RssegDock, qtbot: Any) -> None:
    _segment(qtbot, opened)
    assert opened.minimumSizeHint().height() < 500
    assert opened.minimumSizeHint().width() <= 360
    assert not any(label.text() == "None" for label in opened.page.findChildren(QLabel))
