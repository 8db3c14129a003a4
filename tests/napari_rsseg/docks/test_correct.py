"""The Correct page in a real window: keys, mouse, layers, buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, Qt
from qtpy.QtGui import QFocusEvent, QKeySequence
from qtpy.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QListWidget

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing import Operation
from napari_rsseg.panels.correct_options import CorrectOptions
from napari_rsseg.panels.correct_tools import CORRECT_TOOLS
from napari_rsseg.panels.tool_keys import remembered_keys
from napari_rsseg.project import Provenance
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.correct_pictures import ACTIVE_CLASS
from napari_rsseg.viewer.legend import canvas_widget

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.docks import RssegDock
    from napari_rsseg.panels.labelling import Labelling

WAIT_MS = 60_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def correcting(
    opened: RssegDock, qtbot: Any, show_page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> RssegDock:
    """The dock with the scene predicted as landslide, the window shown and the page open."""
    monkeypatch.setenv("RSSEG_CONFIG", str(tmp_path / "config"))
    opened.window().show()
    opened.workbench.viewer.window.resize(1100, 800)
    opened.panel.segment()
    qtbot.waitUntil(lambda: opened.panel.run_state == "idle", timeout=WAIT_MS)
    opened.workbench.flush()
    show_page(opened, "Correct")
    opened.workbench.viewer.reset_view()
    qtbot.waitUntil(lambda: opened.correct_layers.is_active, timeout=WAIT_MS)
    return opened


def labelling(dock: RssegDock) -> Labelling:
    site = dock.correct.find_site()
    assert site is not None
    return site.labelling


def ids(dock: RssegDock) -> Any:
    return labelling(dock).read_labels(Window.of(600, 300))


def shown(dock: RssegDock) -> Any:
    assert dock.panel.scene is not None
    layer: Any = dock.workbench.labels_of(dock.panel.scene, "landslide")
    return layer


def on_canvas(dock: RssegDock, row: float, column: float) -> QPoint:
    """Return where a pixel of the scene lies on the canvas."""
    viewer, picture = dock.workbench.viewer, dock.workbench.picture()
    assert picture is not None
    camera = viewer.scene.camera
    world = np.asarray(picture.data_to_world((row, column)), dtype=float)[-2:]
    offset = (world - np.asarray(camera.center, dtype=float)[-2:]) * camera.zoom
    canvas = canvas_widget(viewer)
    return QPoint(round(canvas.width() / 2 + offset[1]), round(canvas.height() / 2 + offset[0]))


def press(dock: RssegDock, qtbot: Any, key: str) -> None:
    """Press a key on the canvas and let the window follow."""
    combination = QKeySequence(key)[0]  # type: ignore[index]  # the stubs miss it
    canvas = canvas_widget(dock.workbench.viewer)
    qtbot.keyClick(canvas, combination.key(), combination.keyboardModifiers())
    dock.workbench.flush()


def drag(dock: RssegDock, qtbot: Any, *places: tuple[float, float]) -> None:
    canvas = canvas_widget(dock.workbench.viewer)
    qtbot.mousePress(canvas, LEFT, pos=on_canvas(dock, *places[0]))
    for place in places[1:]:
        qtbot.mouseMove(canvas, on_canvas(dock, *place))
        qtbot.wait(30)  # napari takes one move per frame
    qtbot.mouseRelease(canvas, LEFT, pos=on_canvas(dock, *places[-1]))
    dock.workbench.flush()


def test_a_lasso_by_key_and_mouse_paints_the_active_class_and_is_undone_by_key(
    correcting: RssegDock, qtbot: Any
) -> None:
    press(correcting, qtbot, "0")
    assert shown(correcting).selected_label == 0
    press(correcting, qtbot, "L")
    assert correcting.workbench.viewer.layers.selection.active is correcting.correct_layers.outline
    drag(correcting, qtbot, (200, 100), (200, 150), (240, 200), (300, 200), (300, 100), (200, 100))
    changed = ids(correcting) == 0
    assert changed[290, 110]
    assert changed[280, 150]
    assert not changed[210, 190]
    assert np.array_equal(shown(correcting).data, ids(correcting))
    assert correcting.correct_layers.outline is not None
    assert not len(correcting.correct_layers.outline.data), "the drawn outline is gone"
    press(correcting, qtbot, "Ctrl+Z")
    assert (ids(correcting) == 1).all()
    assert (shown(correcting).data == 1).all()
    press(correcting, qtbot, "Ctrl+Shift+Z")
    assert np.array_equal(ids(correcting) == 0, changed)


def test_a_click_acts_and_a_drag_with_a_click_tool_moves_the_view(correcting: RssegDock, qtbot: Any) -> None:
    press(correcting, qtbot, "0")
    press(correcting, qtbot, "R")
    before = tuple(correcting.workbench.viewer.scene.camera.center)
    drag(correcting, qtbot, (300, 100), (330, 150), (350, 180))
    assert (ids(correcting) == 1).all()
    assert tuple(correcting.workbench.viewer.scene.camera.center) != before
    qtbot.mouseClick(canvas_widget(correcting.workbench.viewer), LEFT, pos=on_canvas(correcting, 300, 150))
    correcting.workbench.flush()
    assert (ids(correcting) == 0).all()
    assert labelling(correcting).session.undo_count == 1


def test_superpixels_are_drawn_and_a_drag_collects_them_in_one_step(
    correcting: RssegDock, qtbot: Any
) -> None:
    press(correcting, qtbot, "0")
    press(correcting, qtbot, "S")
    panel, pictures = correcting.correct, correcting.correct_layers._pictures
    qtbot.waitUntil(lambda: panel.superpixels is not None and not panel.activity, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "superpixels" in pictures.layers, timeout=WAIT_MS)
    assert pictures.layers["superpixels"].data.any()
    drag(correcting, qtbot, (200, 100), (200, 140), (200, 200))
    count = np.count_nonzero(ids(correcting) == 0)
    assert count > 14 * 14
    assert labelling(correcting).session.undo_count == 1
    press(correcting, qtbot, "L")
    assert not pictures.layers["superpixels"].visible


def test_brush_and_eraser_are_those_of_napari_and_become_steps(correcting: RssegDock, qtbot: Any) -> None:
    press(correcting, qtbot, "0")
    press(correcting, qtbot, "B")
    assert str(shown(correcting).mode) == "paint"
    drag(correcting, qtbot, (300, 100), (300, 120), (300, 140))
    assert ids(correcting)[300, 120] == 0
    assert labelling(correcting).session.undo_count == 1
    press(correcting, qtbot, "E")
    assert str(shown(correcting).mode) == "erase"
    drag(correcting, qtbot, (400, 100), (400, 140))
    assert ids(correcting)[400, 100] == IGNORED
    shown(correcting).mode = "paint"
    assert correcting.correct.tool == "brush", "napari's own button chooses the tool too"


def test_specks_are_shown_first_and_done_by_enter(correcting: RssegDock, qtbot: Any) -> None:
    labelling(correcting).apply(Operation("brush", Window(100, 103, 50, 53), np.ones((3, 3), bool), 0))
    correcting.correct.choose_options(CorrectOptions(speck_m2=1000))
    press(correcting, qtbot, "D")
    page, pictures = correcting.correct_page, correcting.correct_layers._pictures
    qtbot.waitUntil(page.preview_row.isVisible, timeout=WAIT_MS)
    assert pictures.layers["preview"].data.sum() == 9
    assert (ids(correcting)[100:103, 50:53] == 0).all()
    press(correcting, qtbot, "Esc")
    assert correcting.correct.preview is None
    press(correcting, qtbot, "D")
    press(correcting, qtbot, "Return")
    assert (ids(correcting) == 1).all()
    qtbot.waitUntil(lambda: not page.preview_row.isVisible(), timeout=WAIT_MS)
    assert not pictures.layers["preview"].visible


def test_labels_are_hidden_while_a_key_is_held_also_when_the_focus_goes_meanwhile(
    correcting: RssegDock, qtbot: Any
) -> None:
    canvas, layer = canvas_widget(correcting.workbench.viewer), shown(correcting)
    opacity = layer.opacity
    qtbot.keyPress(canvas, Qt.Key.Key_V)
    correcting.workbench.flush()
    assert layer.opacity == 0
    qtbot.keyRelease(canvas, Qt.Key.Key_V)
    correcting.workbench.flush()
    assert layer.opacity == opacity
    qtbot.keyPress(canvas, Qt.Key.Key_V)
    QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusOut))
    correcting.workbench.flush()
    assert layer.opacity == opacity


def test_who_says_a_pixel_is_an_overlay_and_told_under_the_pointer(correcting: RssegDock, qtbot: Any) -> None:
    labelling(correcting).apply(Operation("brush", Window(100, 110, 50, 60), np.ones((10, 10), bool), 0))
    press(correcting, qtbot, "Y")
    correcting.correct_layers.follow()
    overlay = correcting.correct_layers._pictures.layers["provenance"]
    assert np.count_nonzero(overlay.data == Provenance.CORRECTED) == 100
    position = tuple(shown(correcting).data_to_world((105, 55)))
    assert "corrected by " in shown(correcting).get_status(position, world=True)["coordinates"]
    press(correcting, qtbot, "A")
    correcting.correct_layers.follow()
    assert np.count_nonzero(overlay.data == Provenance.ACCEPTED) == 600 * 300 - 100
    press(correcting, qtbot, "Y")
    correcting.correct_layers.follow()
    assert not overlay.visible


def test_the_canvas_names_the_tool_and_the_class(correcting: RssegDock, qtbot: Any) -> None:
    press(correcting, qtbot, "P")
    overlay = correcting.workbench.viewer.canvas.overlays[ACTIVE_CLASS]
    assert (overlay.text, overlay.visible) == ("Polygon · landslide", True)
    press(correcting, qtbot, "0")
    assert overlay.text == "Polygon · background"


def test_strokes_are_kept_from_classes_that_may_not_be_painted_over(
    correcting: RssegDock, qtbot: Any
) -> None:
    over = correcting.correct_page.over
    qtbot.waitUntil(lambda: over.classes.count() == 3, timeout=WAIT_MS)
    landslide = over.classes.item(1)
    assert landslide is not None
    landslide.setCheckState(Qt.CheckState.Unchecked)
    assert correcting.correct.over.classes == frozenset({0, IGNORED})
    press(correcting, qtbot, "0")
    press(correcting, qtbot, "B")
    drag(correcting, qtbot, (300, 100), (300, 120), (300, 140))
    assert (ids(correcting) == 1).all()
    assert (shown(correcting).data == 1).all()
    over.doubt.setChecked(True)
    over.below.setValue(0.5)
    assert correcting.correct.over.below_confidence == 0.5


def test_prompts_are_one_of_the_tools(correcting: RssegDock, qtbot: Any) -> None:
    press(correcting, qtbot, "K")
    prompting = correcting.workbench.prompting
    assert prompting.is_on
    qtbot.waitUntil(correcting.correct_page.prompts.isVisible, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: correcting.workbench.prompt_layers.is_active, timeout=WAIT_MS)
    press(correcting, qtbot, "B")
    assert not prompting.is_on
    qtbot.waitUntil(lambda: str(shown(correcting).mode) == "paint", timeout=WAIT_MS)


def test_a_button_chooses_its_tool_and_a_new_key_is_used_at_once(correcting: RssegDock, qtbot: Any) -> None:
    page = correcting.correct_page
    qtbot.mouseClick(page.tools["lasso"], LEFT)
    assert correcting.correct.tool == "lasso"
    page.keys_section.expand(animate=False)
    qtbot.waitUntil(lambda: page.keys.set.isVisible() and page.keys.set.height() > 10, timeout=WAIT_MS)
    page.keys.tool.setCurrentIndex(page.keys.tool.findData("fill"))
    page.keys.sequence.setKeySequence(QKeySequence("Shift+U"))
    qtbot.mouseClick(page.keys.set, LEFT)
    assert remembered_keys()["fill"] == "Shift+U"
    press(correcting, qtbot, "Shift+U")
    assert correcting.correct.tool == "fill"
    qtbot.waitUntil(lambda: "(Shift+U)" in page.tools["fill"].toolTip(), timeout=WAIT_MS)
    qtbot.mouseClick(page.keys.reset, LEFT)
    assert remembered_keys()["fill"] == "F"


def test_a_removed_outline_layer_is_made_anew(correcting: RssegDock, qtbot: Any) -> None:
    press(correcting, qtbot, "L")
    layers = correcting.workbench.viewer.layers
    layers.remove(correcting.correct_layers.outline)
    correcting.workbench.flush()
    press(correcting, qtbot, "L")
    assert correcting.correct_layers.outline in layers


def test_every_tool_has_a_button_and_every_control_a_name_a_tooltip_and_a_way_by_keyboard(
    correcting: RssegDock, qtbot: Any
) -> None:
    page = correcting.correct_page
    assert list(page.tools) == [tool.key for tool in CORRECT_TOOLS]
    for part in (page.over_section, page.options_section, page.keys_section):
        part.expand(animate=False)
    kinds = (QAbstractButton, QComboBox, QLineEdit, QListWidget)
    controls: list[Any] = [
        widget
        for kind in kinds
        for widget in page.findChildren(kind)
        if widget.isVisibleTo(page) and not widget.objectName().startswith("qt_")
    ]
    assert len(controls) > 25
    assert not [widget for widget in controls if not (widget.accessibleName() or widget.text())]
    assert not [widget.accessibleName() for widget in controls if not widget.toolTip()]
    assert page.minimumSizeHint().width() <= 310


def test_the_page_without_labels_says_what_to_do(dock: RssegDock, qtbot: Any, show_page: Any) -> None:
    dock.window().show()
    show_page(dock, "Correct")
    qtbot.waitUntil(lambda: "no labels to correct" in dock.correct_page.message.text(), timeout=WAIT_MS)
    assert not dock.correct_page.tools["brush"].isEnabled()
