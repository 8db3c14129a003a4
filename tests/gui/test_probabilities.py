"""Probabilities kept and saved by the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QFileDialog, QStyle, QStyleOptionButton

from napari_rsseg.classes.scheme import CLOUD, IGNORED
from napari_rsseg.scenes import open_scene

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from napari_rsseg.docks import RssegDock

WAIT_MS = 580_000


def middle_of_the_box(box: Any) -> QPoint:
    """Return where the square of a check box is; the rest of its row answers no click on some systems."""
    option = QStyleOptionButton()
    box.initStyleOption(option)
    part = QStyle.SubElement.SE_CheckBoxIndicator
    middle: QPoint = box.style().subElementRect(part, option, box).center()
    return middle


def test_kept_probabilities_are_saved_as_a_band_per_class(
    dock: RssegDock, qtbot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page, panel, left = dock.page, dock.panel, Qt.MouseButton.LeftButton
    dock.scenes.open_scene("synthetic:size=300,seed=0")
    qtbot.waitUntil(lambda: panel.scene is not None and panel.engine_state == "ready", timeout=WAIT_MS)
    panel.choose_task("cloud")
    qtbot.mouseClick(page.options_section.toggleButton(), left)
    box = page.options.field("probabilities").native
    qtbot.waitUntil(lambda: box.isVisibleTo(page) and page.segment.isEnabled(), timeout=WAIT_MS)
    qtbot.mouseClick(box, left, pos=middle_of_the_box(box))
    assert panel.options.probabilities
    qtbot.mouseClick(page.segment, left)
    qtbot.waitUntil(lambda: panel.run_state == "idle" and page.save.isVisibleTo(page), timeout=WAIT_MS)
    assert "Done" in panel.message
    path = tmp_path / "kept.tif"
    kinds: list[str] = []

    def pick_probabilities(*asked: Any) -> tuple[str, str]:
        kinds.extend(asked[-1].split(";;"))
        return str(path), kinds[1]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", pick_probabilities)
    qtbot.mouseClick(page.save, left)
    qtbot.waitUntil(lambda: panel.message == f"Saved {path}.", timeout=WAIT_MS)
    assert kinds[1].startswith("Probabilities")

    with tifffile.TiffFile(path) as file:
        first = file.pages.first
        assert first.dtype == np.float16
        assert (first.samplesperpixel, first.imagelength, first.imagewidth) == (len(CLOUD.classes), 300, 300)
    saved, scene = open_scene(path), panel.scene
    assert scene is not None
    assert saved.georeference.affine == scene.georeference.affine
    assert tuple(band.name for band in saved.bands) == CLOUD.names
    values = np.moveaxis(np.asarray(tifffile.imread(path, key=0)), -1, 0).astype(np.float32)
    values = values if values.shape[0] == len(CLOUD.classes) else np.moveaxis(values, -1, 0)
    np.testing.assert_allclose(values.sum(axis=0), 1, atol=0.01)
    labels = dock.workbench.labels_of(scene, "cloud")
    assert labels is not None
    best = np.sort(values, axis=0)
    clear = best[-1] - best[-2] > 0.01  # elsewhere float16 may have moved the larger of two
    drawn = labels.data
    qtbot.waitUntil(lambda: bool((drawn != IGNORED).any()), timeout=WAIT_MS)
    np.testing.assert_array_equal(values.argmax(axis=0)[clear], np.asarray(drawn)[clear])
