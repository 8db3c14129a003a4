from __future__ import annotations

import threading
from typing import Any

from qtpy.QtCore import QObject, QThread

from napari_rsseg.docks.parts.refresher import Refresher


def test_many_askings_make_one_refresh_on_the_main_thread(qtbot: Any) -> None:
    parent, threads = QObject(), []
    refresher = Refresher(lambda: threads.append(QThread.currentThread()), parent, interval_ms=20)

    def ask() -> None:
        for _ in range(50):
            refresher.ask()

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join()
    qtbot.waitUntil(lambda: bool(threads), timeout=10_000)
    assert threads == [parent.thread()]


def test_a_later_asking_makes_another_refresh(qtbot: Any) -> None:
    parent, count = QObject(), []
    refresher = Refresher(lambda: count.append(1), parent, interval_ms=1)
    for wanted in (1, 2):
        refresher.ask()
        qtbot.waitUntil(lambda wanted=wanted: len(count) == wanted, timeout=10_000)
