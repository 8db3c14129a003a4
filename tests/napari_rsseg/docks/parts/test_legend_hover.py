from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QPoint
from qtpy.QtGui import QHelpEvent
from qtpy.QtWidgets import QApplication, QToolTip

from napari_rsseg.viewer.legend import canvas_widget, legend_row_at

if TYPE_CHECKING:
    from napari_rsseg.docks import RssegDock


def _rest_at(canvas: Any, x: int, y: int) -> None:
    place = QPoint(x, y)
    QApplication.sendEvent(canvas, QHelpEvent(QHelpEvent.Type.ToolTip, place, canvas.mapToGlobal(place)))


def test_resting_on_a_name_of_the_legend_tells_what_the_class_means(opened: RssegDock, qtbot: Any) -> None:
    viewer, panel = opened.workbench.viewer, opened.panel
    viewer.window.resize(1200, 800)
    viewer.window._qt_window.show()
    panel.choose_task("cloud")
    opened.workbench.new_labels()
    opened.workbench.flush()
    canvas = canvas_widget(viewer)
    viewer.screenshot(canvas_only=False, flash=False)  # draws, so that all has its place
    qtbot.waitUntil(lambda: legend_row_at(viewer, canvas.width() - 20, 15) == 0, timeout=20_000)
    seen = {}
    for y in range(0, canvas.height() // 2, 4):
        _rest_at(canvas, canvas.width() - 20, y)
        definition = opened.workbench.appearance.class_at(canvas.width() - 20, y)
        if definition is not None:
            assert definition.name in QToolTip.text()
            assert definition.definition in QToolTip.text()
            seen[definition.name] = QToolTip.text()
    assert list(seen) == [name for name in panel.scheme_of("cloud").names if name != "clear"]
    _rest_at(canvas, canvas.width() // 2, canvas.height() // 2)
    qtbot.waitUntil(lambda: QToolTip.text() == "", timeout=20_000)
