"""The Review page in a real window, on a synthetic scene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QApplication

from napari_rsseg.editing import Operation
from napari_rsseg.engine.results import BlockResult, PredictionStore, StoreLayout
from napari_rsseg.panels.review import REVIEW_KEYS
from napari_rsseg.review import Order, State
from napari_rsseg.scenes import Window
from napari_rsseg.viewer.legend import canvas_widget

if TYPE_CHECKING:
    from napari_rsseg.docks import RssegDock
    from napari_rsseg.scenes.synthetic import SyntheticScene


@pytest.fixture
def reviewed(opened: RssegDock, scene: SyntheticScene, qtbot: Any) -> RssegDock:
    """The dock with labels of the scene, which a model predicted, and its queue open in random order."""
    panel = opened.panel
    scheme = panel.scheme_of(panel.task)
    labelling = panel.labelling(scene, scheme)
    labels = np.zeros((600, 300), dtype=np.uint8)
    labels[200:400, 100:200] = 1
    confidence = np.full((600, 300), 200, dtype=np.uint8)
    project = labelling.begin().project
    project.update_settings(window_px=100)
    store = PredictionStore.create(
        panel.store_root / "one.zarr",
        StoreLayout(600, 300, len(scheme.names), 600),
        {"fingerprint": scene.fingerprint, "model": {"name": "m", "scheme": scheme.model_dump(mode="json")}},
    )
    store.write_block((0, 0), BlockResult(labels, confidence, confidence))
    labelling.write(Window.of(600, 300), labels, confidence)
    opened.workbench.new_labels()
    opened.review.order = Order.RANDOM
    opened.review_page.open_queue()
    qtbot.waitUntil(lambda: len(opened.review.ids) == 18 and not opened.review.activity, timeout=20_000)
    qtbot.waitUntil(lambda: opened.review_page.windows.windows.rowCount() == 18, timeout=20_000)
    return opened


def press(dock: RssegDock, key: Qt.Key, *, control: bool = False) -> None:
    modifiers = Qt.KeyboardModifier.ControlModifier if control else Qt.KeyboardModifier.NoModifier
    event = QKeyEvent(QKeyEvent.Type.KeyPress, key, modifiers)
    QApplication.sendEvent(canvas_widget(dock.workbench.viewer), event)


def test_a_window_comes_on_screen_with_a_frame_and_the_next_by_key(reviewed: RssegDock, qtbot: Any) -> None:
    review, viewer = reviewed.review, reviewed.workbench.viewer
    review.next()
    assert review.entry is not None
    view = reviewed.workbench.find_view(reviewed.panel.scene)  # type: ignore[arg-type]  # a scene is open
    assert view is not None
    assert view.contains(review.entry.window)
    assert view.height < 400
    frame = reviewed.review_layers.frame
    assert frame is not None
    assert len(frame.data) == 1
    first = review.current
    press(reviewed, Qt.Key.Key_PageDown)
    assert review.current == review.ids[1] != first
    press(reviewed, Qt.Key.Key_PageUp)
    assert review.current == first
    assert viewer.layers.selection.active is not frame
    qtbot.waitUntil(lambda: reviewed.review_page.windows.currentIndex().row() == 0, timeout=10_000)


def test_accepting_and_flagging_by_key_shows_in_list_counts_and_history(
    reviewed: RssegDock, qtbot: Any
) -> None:
    review, page = reviewed.review, reviewed.review_page
    review.next()
    press(reviewed, Qt.Key.Key_Return, control=True)
    press(reviewed, Qt.Key.Key_J, control=True)
    assert review.counts[State.ACCEPTED] == review.counts[State.FLAGGED] == 1
    qtbot.waitUntil(lambda: "1 accepted" in page.counts.text(), timeout=10_000)
    model = page.windows.windows
    assert "accepted" in model.data(model.index(0))
    assert page.progress.value() == round(1000 / 18)
    page.words.setText("look again")
    press(reviewed, Qt.Key.Key_Backspace, control=True)
    assert review.counts[State.SENT_BACK] == 1
    review.go(review.ids[2])
    qtbot.waitUntil(lambda: page.history.count() == 1, timeout=10_000)
    assert "look again" in page.history.item(0).text()
    page.history.setCurrentRow(0)
    page.restore.click()
    qtbot.waitUntil(lambda: page.history.count() == 2, timeout=10_000)


def test_the_states_lie_over_the_scene(reviewed: RssegDock, qtbot: Any) -> None:
    reviewed.review.next()
    reviewed.review.accept()
    reviewed.review_page.map.setChecked(True)
    qtbot.waitUntil(lambda: reviewed.review_layers.map is not None, timeout=10_000)
    layer = reviewed.review_layers.map
    assert layer is not None
    assert layer.data.shape == (6, 3)
    assert (layer.data == 4).sum() == 1
    assert (layer.extent.world[1] - layer.extent.world[0]).tolist() == [5000, 2000], "centres, 10 m pixels"
    reviewed.review_page.map.setChecked(False)
    qtbot.waitUntil(lambda: not layer.visible, timeout=10_000)


def test_prediction_and_labels_are_swiped_and_flicker(reviewed: RssegDock, qtbot: Any) -> None:
    review, page, layers = reviewed.review, reviewed.review_page, reviewed.review_layers
    site = review.site
    assert site is not None
    entry = next(each for each in site.queue.of_scene(site.entry.id) if each.window.row_start == 200)
    labels = reviewed.workbench.labels_of(site.scene, site.labelling.scheme.name)
    assert labels is not None
    review.go(entry.id)
    site.session.apply(Operation("brush", entry.window, np.ones((100, 100), dtype=bool), 1))
    review.comparing = "swipe"
    qtbot.waitUntil(lambda: layers.before is not None and layers.before.visible, timeout=10_000)
    assert layers.before is not None
    assert not labels.visible
    before = site.predicted(entry)
    assert (layers.before.data[:, :50] == before[:, :50]).all()
    assert (layers.before.data[:, 50:] == 1).all()
    page.swipe.setValue(100)
    qtbot.waitUntil(lambda: bool((layers.before.data == before).all()), timeout=10_000)
    press(reviewed, Qt.Key.Key_D, control=True)
    qtbot.waitUntil(lambda: not layers.shows_before, timeout=10_000)
    press(reviewed, Qt.Key.Key_D, control=True)
    qtbot.waitUntil(lambda: bool(labels.visible), timeout=10_000)


def test_layers_that_the_user_removes_are_made_anew(reviewed: RssegDock) -> None:
    review, viewer, layers = reviewed.review, reviewed.workbench.viewer, reviewed.review_layers
    review.next()
    viewer.layers.remove(layers.frame)
    review.next()
    assert layers.frame in viewer.layers


def test_every_key_does_something_and_is_told(reviewed: RssegDock) -> None:
    page = reviewed.review_page
    assert set(page.key_actions()) == set(REVIEW_KEYS)
    tooltips = " ".join(
        each.toolTip()
        for each in (page.next, page.previous, page.accept, page.send_back, page.flag, page.comment)
    )
    for key in ("PgDown", "PgUp", "Ctrl+Enter", "Ctrl+Backspace", "Ctrl+J", "Ctrl+M"):
        assert key in tooltips
    assert all(widget.accessibleName() for widget in (page.windows, page.words, page.history, page.order))


def test_a_list_of_a_hundred_thousand_windows_reads_only_what_is_seen(
    reviewed: RssegDock, qtbot: Any, show_page: Any
) -> None:
    site, page = reviewed.review.site, reviewed.review_page
    assert site is not None
    many = [Window(r, r + 1, c, c + 1) for r in range(0, 500) for c in range(0, 200)]
    site.queue.fill(site.entry.id, many)
    reviewed.review.reload()
    model = page.windows.windows
    qtbot.waitUntil(lambda: model.rowCount() == 100_018, timeout=30_000)
    show_page(reviewed, "Review")
    page.windows.scrollToBottom()
    page.windows.grab()
    assert 0 < sum(len(read) for read in model._pages.values()) < 2_000
    reviewed.review.go(reviewed.review.ids[50_000])
    qtbot.waitUntil(lambda: page.windows.currentIndex().row() == 50_000, timeout=10_000)
