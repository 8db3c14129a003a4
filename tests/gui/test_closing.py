"""Windows that are closed while the engine works: no thread breaks, no process stays."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from qtpy.compat import isalive
from qtpy.QtCore import Qt

from napari_rsseg.docks import RssegDock
from napari_rsseg.engine import Engine
from napari_rsseg.panels.segment import SegmentPanel
from napari_rsseg.viewer.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WAIT_MS = 580_000


@pytest.fixture
def broken_threads(monkeypatch: pytest.MonkeyPatch) -> list[threading.ExceptHookArgs]:
    """What threads end with that nobody caught."""
    found: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", found.append)
    return found


@pytest.mark.parametrize("moment", ["while the engine starts", "at the first block"])
def test_a_window_closed_during_a_run_leaves_nothing_behind(
    make_napari_viewer_proxy: Callable[[], Any],
    qtbot: Any,
    tmp_path: Path,
    broken_threads: list[threading.ExceptHookArgs],
    moment: str,
) -> None:
    viewer = make_napari_viewer_proxy()
    before = set(psutil.Process().children(recursive=True))
    earlier = set(threading.enumerate())
    panel = SegmentPanel(Engine.start, tmp_path / "predictions")
    dock = RssegDock(viewer, Workbench(viewer.__wrapped__, panel))
    viewer.window.add_dock_widget(dock, name="Map classes")
    dock.scenes.open_scene("synthetic:size=1100,seed=1")
    qtbot.waitUntil(lambda: panel.scene is not None and dock.page.segment.isEnabled(), timeout=WAIT_MS)
    arrived: list[Any] = []
    panel.block_written.connect(lambda run, window: arrived.append(window))
    qtbot.mouseClick(dock.page.segment, Qt.MouseButton.LeftButton)
    if moment != "while the engine starts":
        qtbot.waitUntil(lambda: bool(arrived) and dock.page.cancel.isEnabled(), timeout=WAIT_MS)
    assert dock.page.cancel.isEnabled() or panel.engine_state == "starting"
    viewer.close()
    qtbot.waitUntil(lambda: not isalive(dock), timeout=WAIT_MS)  # type: ignore[no-untyped-call]  # has no types
    assert panel.engine_state == "off"
    qtbot.waitUntil(lambda: panel.run_state == "idle", timeout=WAIT_MS)
    qtbot.waitUntil(
        lambda: not any(thread.name.startswith("rsseg") for thread in set(threading.enumerate()) - earlier),
        timeout=WAIT_MS,
    )
    qtbot.waitUntil(lambda: set(psutil.Process().children(recursive=True)) <= before, timeout=WAIT_MS)
    assert not broken_threads, [str(args.exc_value) for args in broken_threads]
