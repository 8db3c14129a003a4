"""Published models at full size: missing, imported by the button, and used."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.docks import RssegDock

WAIT_MS = 2_400_000

FILL = """
import sys
import torch
from napari_rsseg.checkpoints import ktda_key
from napari_rsseg.models import build
from napari_rsseg.registry import published_model
model = published_model(sys.argv[1])
torch.manual_seed(0)
theirs = ktda_key if model.family == "ktda" else str
network = build(model.family, model.architecture)
torch.save({"state_dict": {theirs(key): value for key, value in network.state_dict().items()}}, sys.argv[2])
"""


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of models, which imports of this test fill."""
    folder = tmp_path / "models"
    monkeypatch.setenv("RSSEG_MODELS", str(folder))
    return folder


def pick(dock: RssegDock, qtbot: Any, name: str) -> str:
    """Click a model's line; return the line."""
    models = dock.page.models
    qtbot.waitUntil(lambda: name in [choice.name for choice in dock.panel.models], timeout=WAIT_MS)
    row = [choice.name for choice in dock.panel.models].index(name)
    qtbot.waitUntil(
        lambda: models.item(row) is not None and models.item(row).data(Qt.ItemDataRole.UserRole) == name,
        timeout=WAIT_MS,
    )
    models.scrollToItem(models.item(row))
    place = models.visualItemRect(models.item(row)).center()
    qtbot.mouseClick(models.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert dock.panel.model_name == name
    return str(models.item(row).text())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "task", "file"),
    [
        ("ktda-grass", "grass", "best_mIoU_iter_1.pth"),
        ("translandseg-bijie", "landslide", "Bijie.pth.tar"),
    ],
)
def test_a_full_size_model_is_imported_and_segments_a_view(
    own_models: Path,
    dock: RssegDock,
    qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    name: str,
    task: str,
    file: str,
) -> None:
    page, panel, left = dock.page, dock.panel, Qt.MouseButton.LeftButton
    weights = tmp_path / file
    subprocess.run([sys.executable, "-c", FILL, name, str(weights)], check=True)
    dock.scenes.open_scene("synthetic:size=128,seed=0")
    qtbot.waitUntil(lambda: panel.scene is not None and panel.engine_state == "ready", timeout=WAIT_MS)
    panel.choose_task(task)

    assert "get weights" in pick(dock, qtbot, name)
    qtbot.waitUntil(lambda: f"import FILE --as {name}" in page.reason.text(), timeout=WAIT_MS)
    assert not page.segment.isEnabled()

    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_asked: (str(weights), ""))
    begun = time.perf_counter()
    qtbot.mouseClick(page.import_model, left)
    qtbot.waitUntil(lambda: not dock.imports.is_busy, timeout=WAIT_MS)
    imported = time.perf_counter()
    assert panel.message == f"{name} is installed."
    qtbot.waitUntil(page.segment.isEnabled, timeout=WAIT_MS)
    assert panel.model_name == name
    assert "get weights" not in pick(dock, qtbot, name)

    qtbot.mouseClick(page.segment, left)
    qtbot.waitUntil(lambda: panel.run_state == "idle", timeout=WAIT_MS)
    segmented = time.perf_counter()
    assert "Done" in panel.message
    dock.workbench.flush()
    assert panel.scene is not None
    labels = dock.workbench.labels_of(panel.scene, task)
    assert labels is not None
    assert (np.asarray(labels.data) < len(panel.areas)).all()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{name}: {weights.stat().st_size / 2**30:.2f} GiB imported in {imported - begun:.0f} s, "
            f"a view of one tile segmented in {segmented - imported:.0f} s: {panel.message}\n"
        )
