"""The Segment page without a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from napari_rsseg.docks import RssegDock

WAIT_MS = 60_000
MOST_STEPS = 60


class Keyboard:
    """Presses keys on whatever has the focus in the window of a dock."""

    def __init__(self, dock: RssegDock, qtbot: Any) -> None:
        self._window, self._qtbot = dock.window(), qtbot
        self._window.show()
        self._window.activateWindow()
        dock.scenes.scene.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.waitUntil(lambda: self.focused is dock.scenes.scene, timeout=WAIT_MS)

    @property
    def focused(self) -> QWidget | None:
        return self._window.focusWidget()

    def press(self, key: Qt.Key) -> None:
        assert self.focused is not None
        self._qtbot.keyClick(self.focused, key)
        QApplication.processEvents()

    def reach(self, wanted: QWidget) -> list[str]:
        """Press Tab until a control has the focus; return the names passed on the way."""
        passed: list[str] = []
        while self.focused is not wanted and len(passed) < MOST_STEPS:
            self.press(Qt.Key.Key_Tab)
            assert self.focused is not None
            passed.append(self.focused.accessibleName())
        assert self.focused is wanted, f"{wanted.accessibleName()} is not among {passed}"
        return passed


def test_a_run_is_begun_cancelled_and_resumed_by_keys_alone(
    opened: RssegDock, qtbot: Any, stand_in: Any
) -> None:
    page, panel = opened.page, opened.panel
    keyboard = Keyboard(opened, qtbot)
    keyboard.reach(page.task)
    keyboard.press(Qt.Key.Key_Down)
    assert panel.task == "cloud"
    keyboard.reach(page.models)
    qtbot.waitUntil(lambda: page.models.count() > 1, timeout=WAIT_MS)
    keyboard.press(Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: panel.model is not None and panel.model.state != "ready", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "Get" in page.reason.text(), timeout=WAIT_MS)
    assert not page.segment.isEnabled()
    keyboard.press(Qt.Key.Key_Up)
    qtbot.waitUntil(page.segment.isEnabled, timeout=WAIT_MS)
    stand_in.blocks_before_hold = 1
    keyboard.reach(page.segment)
    keyboard.press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: stand_in.is_held.is_set() and page.cancel.isEnabled(), timeout=WAIT_MS)
    keyboard.reach(page.cancel)
    keyboard.press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: page.segment.text() == "Resume" and page.segment.isEnabled(), timeout=WAIT_MS)
    stand_in.blocks_before_hold = None
    keyboard.reach(page.segment)
    keyboard.press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "Done" in page.message.text(), timeout=WAIT_MS)


def test_options_are_opened_and_changed_by_keys_alone(opened: RssegDock, qtbot: Any) -> None:
    keyboard = Keyboard(opened, qtbot)
    keyboard.reach(opened.page.options_section.toggleButton())
    keyboard.press(Qt.Key.Key_Space)
    box = opened.page.options.field("probabilities").native
    qtbot.waitUntil(lambda: opened.page.options_section.isExpanded() and box.isVisible(), timeout=WAIT_MS)
    keyboard.reach(box)
    keyboard.press(Qt.Key.Key_Space)
    assert opened.panel.options.probabilities
