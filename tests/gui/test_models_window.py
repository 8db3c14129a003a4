"""A stranger's checkpoint, dropped on the Models page and segmented with, by the real engine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication

if TYPE_CHECKING:
    from napari_rsseg.docks import RssegDock

WAIT_MS = 580_000


def golden(name: str) -> Path:
    path = Path(os.environ["RSSEG_GOLDEN"]) / name
    if not path.is_file():
        pytest.skip(f"{path} is not on this machine: RSSEG_GOLDEN names no folder with the reference cases")
    return path


def drop(dock: RssegDock, path: Path) -> bool:
    """Drag a file onto the dock and let go; return whether the dock took it."""
    data, copy = QMimeData(), Qt.DropAction.CopyAction
    data.setUrls([QUrl.fromLocalFile(str(path))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPoint(20, 20), copy, data, left, none)
    QApplication.sendEvent(dock, entering)
    if not entering.isAccepted():
        return False
    dropping = QDropEvent(QPointF(20, 20), copy, data, left, none)
    QApplication.sendEvent(dock, dropping)
    return dropping.isAccepted()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("tls_checkpoint_tiny.pth.tar", "tls-checkpoint-tiny"),
        pytest.param("ktda_checkpoint_best.pth", "ktda-checkpoint-best", marks=pytest.mark.slow),
        pytest.param("std_checkpoint_tiny.pth", "std-checkpoint-tiny", marks=pytest.mark.slow),
    ],
    ids=["TransLandSeg", "KTDA", "ST-DASegNet"],
)
def test_a_checkpoint_dropped_on_the_models_page_is_listed_and_segments(
    dock: RssegDock,
    qtbot: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    show_page: Any,
    gaps: Any,
    file: str,
    name: str,
) -> None:
    monkeypatch.setenv("RSSEG_MODELS", str(tmp_path / "models"))
    page, panel = dock.models_page, dock.panel
    dock.window().show()
    dock.scenes.open_scene("synthetic:size=128,seed=0")
    show_page(dock, "Models")
    qtbot.waitUntil(lambda: panel.scene is not None and panel.engine_state == "ready", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: page.models.topLevelItemCount() > 2, timeout=WAIT_MS)

    gaps.enter("importing")
    assert drop(dock, golden(file))
    qtbot.waitUntil(lambda: f"{name} is installed" in page.message.text(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: name in page.facts.text(), timeout=WAIT_MS)
    gaps.enter("checking")
    qtbot.waitUntil(page.check.isEnabled, timeout=WAIT_MS)
    qtbot.mouseClick(page.check, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "is whole" in page.message.text(), timeout=WAIT_MS)

    assert panel.model_name == name
    show_page(dock, "Segment")
    qtbot.waitUntil(dock.page.segment.isEnabled, timeout=WAIT_MS)
    gaps.enter("segmenting")
    qtbot.mouseClick(dock.page.segment, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.run_state == "idle", timeout=WAIT_MS)
    gaps.enter("the test's own checks")
    assert "Done" in panel.message
    dock.workbench.flush()
    assert panel.scene is not None
    labels = dock.workbench.labels_of(panel.scene, panel.task)
    assert labels is not None
    assert (np.asarray(labels.data) < len(panel.areas)).all()
