from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QAbstractButton, QComboBox

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.viewer.legend import canvas_widget

if TYPE_CHECKING:
    from napari_rsseg.docks import RssegDock

WAIT_MS = 60_000


@pytest.fixture
def prompted(opened: RssegDock, qtbot: Any) -> RssegDock:
    """The dock with the window shown and prompting begun by its button."""
    opened.window().show()
    opened.workbench.viewer.window.resize(1100, 800)
    opened.page.prompts_section.expand(animate=False)
    start = opened.page.prompts.start
    qtbot.waitUntil(lambda: start.isEnabled() and start.height() > 10, timeout=WAIT_MS)
    qtbot.mouseClick(start, Qt.MouseButton.LeftButton)
    prompting, layers = opened.workbench.prompting, opened.workbench.prompt_layers
    qtbot.waitUntil(lambda: prompting.view is not None and not prompting.activity, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: layers.points is not None and layers.points.mode == "add", timeout=WAIT_MS)
    qtbot.waitUntil(opened.page.prompts.choices.isVisible, timeout=WAIT_MS)
    assert layers.is_active
    return opened


def on_canvas(dock: RssegDock, row: float, column: float) -> QPoint:
    """Return where a pixel of the scene lies on the canvas."""
    viewer, picture = dock.workbench.viewer, dock.workbench.picture()
    assert picture is not None
    camera = viewer.scene.camera
    world = np.asarray(picture.data_to_world((row, column)), dtype=float)[-2:]
    offset = (world - np.asarray(camera.center, dtype=float)[-2:]) * camera.zoom
    canvas = canvas_widget(viewer)
    return QPoint(round(canvas.width() / 2 + offset[1]), round(canvas.height() / 2 + offset[0]))


def test_clicks_on_the_canvas_and_keys_write_labels_in_one_step(prompted: RssegDock, qtbot: Any) -> None:
    prompting, layers = prompted.workbench.prompting, prompted.workbench.prompt_layers
    canvas = canvas_widget(prompted.workbench.viewer)
    assert prompted.panel.scene is not None
    labels: Any = prompted.workbench.labels_of(prompted.panel.scene, "landslide")

    left, shift = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    qtbot.mouseClick(canvas, left, pos=on_canvas(prompted, 300, 150))
    qtbot.waitUntil(lambda: len(prompting.candidates) == 3, timeout=WAIT_MS)
    (click,) = prompting.given
    assert abs(click.row - 300) < 3  # type: ignore[union-attr]  # the tool is a click
    qtbot.mouseClick(canvas, left, shift, pos=on_canvas(prompted, 340, 150))
    qtbot.waitUntil(lambda: len(prompting.given) == 2, timeout=WAIT_MS)
    assert not prompting.given[1].is_positive  # type: ignore[union-attr]  # the tool is a click
    qtbot.keyClick(canvas, Qt.Key.Key_Backspace)
    assert prompting.given == (click,)

    qtbot.waitUntil(lambda: prompting.chosen == 0 and len(prompting.candidates) == 3, timeout=WAIT_MS)
    qtbot.wait(100)
    qtbot.keyClick(canvas, Qt.Key.Key_Tab)
    assert prompting.chosen == 1
    assert canvas.window().focusWidget() is not prompted.page.prompts.write
    qtbot.waitUntil(lambda: "Mask 2 of 3" in prompted.page.prompts.candidate.text(), timeout=WAIT_MS)
    assert layers.preview is not None
    qtbot.waitUntil(lambda: layers.preview.data.shape == (11, 11), timeout=WAIT_MS)
    assert (labels.data == IGNORED).all()

    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: (labels.data == 1).sum() == 121, timeout=WAIT_MS)
    assert not prompting.given
    qtbot.waitUntil(lambda: "now landslide" in prompted.page.prompts.message.text(), timeout=WAIT_MS)
    qtbot.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (labels.data == IGNORED).all()


def test_esc_drops_the_mask_and_the_button_ends_prompting(prompted: RssegDock, qtbot: Any) -> None:
    prompting, layers = prompted.workbench.prompting, prompted.workbench.prompt_layers
    canvas, form = canvas_widget(prompted.workbench.viewer), prompted.page.prompts
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=on_canvas(prompted, 300, 150))
    qtbot.waitUntil(lambda: form.write.isEnabled() and form.drop.isEnabled(), timeout=WAIT_MS)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert prompting.given == ()
    qtbot.waitUntil(lambda: not form.write.isEnabled(), timeout=WAIT_MS)
    qtbot.mouseClick(form.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: layers.points is None and form.start.text() == "Start prompting", timeout=WAIT_MS)
    assert not form.choices.isVisible()


def test_a_box_is_dragged_around_an_object(prompted: RssegDock, qtbot: Any) -> None:
    prompting, form = prompted.workbench.prompting, prompted.page.prompts
    canvas, left = canvas_widget(prompted.workbench.viewer), Qt.MouseButton.LeftButton
    qtbot.mouseClick(form.tools["box"], left)
    shapes = prompted.workbench.prompt_layers.shapes
    qtbot.waitUntil(lambda: shapes is not None and shapes.mode == "add_rectangle", timeout=WAIT_MS)
    qtbot.mousePress(canvas, left, pos=on_canvas(prompted, 280, 130))
    for step in range(1, 6):
        qtbot.mouseMove(canvas, on_canvas(prompted, 280 + 8 * step, 130 + 8 * step))
        qtbot.wait(20)
    qtbot.mouseRelease(canvas, left, pos=on_canvas(prompted, 320, 170))
    qtbot.waitUntil(lambda: bool(prompting.candidates), timeout=WAIT_MS)
    (box,) = prompting.given
    assert abs(box.row_start - 280) < 8  # type: ignore[union-attr]  # the tool is a box


def test_class_and_detail_are_chosen_from_lists(prompted: RssegDock, qtbot: Any) -> None:
    prompting, form = prompted.workbench.prompting, prompted.page.prompts
    assert [form.class_list.itemText(index) for index in range(form.class_list.count())] == [
        "background", "landslide",
    ]  # fmt: skip
    form.class_list.activated.emit(0)
    assert prompted.panel.scene is not None
    labels: Any = prompted.workbench.labels_of(prompted.panel.scene, "landslide")
    qtbot.waitUntil(lambda: labels.selected_label == 0, timeout=WAIT_MS)
    assert "20 m per pixel" in [form.detail.itemText(index) for index in range(form.detail.count())]
    form.detail.activated.emit(2)
    assert prompting.detail == 2.0
    qtbot.waitUntil(lambda: "models get" in form.segmenter.text(), timeout=WAIT_MS)


def test_every_control_has_a_name_a_tooltip_and_a_way_by_keyboard(prompted: RssegDock) -> None:
    form = prompted.page.prompts
    controls: list[Any] = [
        widget for kind in (QAbstractButton, QComboBox) for widget in form.findChildren(kind)
    ]
    assert len(controls) >= 13
    assert not [widget for widget in controls if not widget.accessibleName()]
    assert not [widget.accessibleName() for widget in controls if not widget.toolTip()]
    assert not [widget for widget in controls if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert form.minimumSizeHint().width() <= 290
