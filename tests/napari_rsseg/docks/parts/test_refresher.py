from __future__ import annotations

import threading
from typing import Any

import pytest
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


@pytest.mark.parametrize("where", ["main", "other"])
def test_asking_after_the_end_of_the_page_does_nothing(qtbot: Any, where: str) -> None:
    parent, count = QObject(), []
    refresher = Refresher(lambda: count.append(1), parent, interval_ms=1)
    with qtbot.waitSignal(parent.destroyed, timeout=10_000):
        parent.deleteLater()
    if where == "main":
        refresher.ask()
    else:
        asking = threading.Thread(target=refresher.ask)
        asking.start()
        asking.join()  # what it raised would fail this test
    qtbot.wait(20)
    assert count == []


def test_pages_that_end_while_many_are_asking_break_no_thread(qtbot: Any) -> None:
    refreshers: list[Refresher] = []
    broken: list[RuntimeError] = []
    over = threading.Event()

    def ask() -> None:
        try:
            while not over.wait(0.0005):
                for refresher in refreshers[-3:]:
                    refresher.ask()
        except RuntimeError as error:
            broken.append(error)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    for _ in range(60):
        parent = QObject()
        refreshers.append(Refresher(lambda: None, parent, interval_ms=1))
        qtbot.wait(1)
        with qtbot.waitSignal(parent.destroyed, timeout=10_000):
            parent.deleteLater()
    over.set()
    for asker in askers:
        asker.join()
    assert broken == []
