from __future__ import annotations

import threading
from typing import Any

from qtpy.QtCore import QObject

from napari_rsseg.docks.parts.background import Background
from napari_rsseg.errors import SceneError


def test_work_is_done_elsewhere_and_told_on_the_main_thread(qtbot: Any) -> None:
    told: list[Any] = []
    parent = QObject()
    Background(
        threading.get_ident,
        parent,
        on_done=lambda worker: told.append((worker, threading.get_ident())),
        on_failed=told.append,
    )
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert told[0][0] != threading.get_ident()
    assert told[0][1] == threading.get_ident()


def test_an_error_is_told_as_it_was_raised(qtbot: Any) -> None:
    error = SceneError("The file is torn.", "Copy it again.")
    told: list[Exception] = []
    parent = QObject()

    def work() -> None:
        raise error

    Background(work, parent, on_done=told.append, on_failed=told.append)
    qtbot.waitUntil(lambda: bool(told), timeout=10_000)
    assert told == [error]


def test_a_result_for_a_page_that_was_closed_is_dropped(qtbot: Any) -> None:
    parent, may_end = QObject(), threading.Event()
    told: list[object] = []
    Background(may_end.wait, parent, on_done=told.append, on_failed=told.append)
    with qtbot.waitSignal(parent.destroyed, timeout=10_000):
        parent.deleteLater()
    may_end.set()
    qtbot.waitUntil(lambda: all(t.name != "rsseg-background" for t in threading.enumerate()), timeout=10_000)
    qtbot.wait(20)
    assert told == []
