"""The real buttons, the real engine, real scenes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.scenes import Window, band_indices, read_values
from napari_rsseg.settings import data_folder
from napari_rsseg.viewer.opening import prepare_scene

if TYPE_CHECKING:
    from napari_rsseg.docks import RssegDock

ROOT = Path(__file__).parents[2]
WAIT_MS = 580_000
PAUSE_MS = 1000
CHIAPAS = "scenes/landsat7_le70220491999322_30m_8band_i16.tif"
PRAIRIE = "scenes/naip_m_4709963_se_20180716_5m_rgbn.tif"
LONG_ISLAND = "scenes/landsat8_lc80130312015295_120m_10band_u16.tif"


def _open(dock: RssegDock, qtbot: Any, uri: str) -> None:
    dock.scenes.open_scene(uri)
    qtbot.waitUntil(lambda: dock.panel.scene is not None and dock.scenes.isEnabled(), timeout=WAIT_MS)
    qtbot.waitUntil(dock.page.segment.isEnabled, timeout=WAIT_MS)


def _uri(name: str) -> str:
    if name.startswith("synthetic:"):
        return name
    path = data_folder() / name
    if not path.is_file():
        pytest.skip(f"{path} is not on this machine: RSSEG_DATA names no folder with the real scenes")
    return str(path)


@pytest.mark.parametrize(
    ("uri", "task"),
    [
        ("synthetic:size=300,seed=0", "landslide"),
        (CHIAPAS, "cloud"),
        pytest.param(PRAIRIE, "grass", marks=pytest.mark.slow),
        pytest.param(LONG_ISLAND, "cloud", marks=pytest.mark.slow),
    ],
    ids=["synthetic", "landsat 7", "naip", "landsat 8"],
)
def test_opening_and_segmenting_by_buttons_gives_named_editable_labels(
    dock: RssegDock, qtbot: Any, gaps: Any, uri: str, task: str, tmp_path: Path
) -> None:
    gaps.enter("opening")
    _open(dock, qtbot, _uri(uri))
    dock.panel.choose_task(task)
    qtbot.waitUntil(lambda: dock.panel.engine_state == "ready", timeout=WAIT_MS)
    gaps.enter("segmenting")
    qtbot.waitUntil(dock.page.segment.isEnabled, timeout=WAIT_MS)
    qtbot.mouseClick(dock.page.segment, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dock.panel.run_state == "idle", timeout=WAIT_MS)
    gaps.enter("the test's own checks")
    dock.workbench.flush()
    scene = dock.panel.scene
    assert scene is not None
    assert "Done" in dock.panel.message
    layer = dock.workbench.labels_of(scene, task)
    assert layer is not None
    assert layer.editable
    model = dock.panel.model
    assert model is not None
    assert model.model is not None
    seen = band_indices(scene, model.model.card.bands)  # measured by the bands that the model looks at
    _, valid = read_values(scene, Window.of(scene.height, scene.width), seen)
    classes = len(dock.panel.areas)
    assert (layer.data[~valid] == IGNORED).all()
    assert (layer.data[valid] < classes).all()
    assert sum(area.pixels for area in dock.panel.areas) == int(valid.sum())
    qtbot.waitUntil(dock.page.save.isEnabled, timeout=WAIT_MS)
    picture = dock.workbench.viewer.screenshot(str(tmp_path / "window.png"), canvas_only=False, flash=False)
    assert np.asarray(picture).std() > 10


def test_cancelling_answers_at_once_and_keeps_what_is_done(dock: RssegDock, qtbot: Any, gaps: Any) -> None:
    _open(dock, qtbot, "synthetic:size=1100,seed=1")
    qtbot.waitUntil(lambda: dock.panel.engine_state == "ready", timeout=WAIT_MS)
    arrived: list[Any] = []
    dock.panel.block_written.connect(lambda run, window: arrived.append(window))
    qtbot.mouseClick(dock.page.segment, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(arrived) and dock.page.cancel.isEnabled(), timeout=WAIT_MS)
    gaps.enter("cancelling")
    qtbot.mouseClick(dock.page.cancel, Qt.MouseButton.LeftButton)
    assert dock.panel.run_state in ("cancelling", "idle")
    qtbot.waitUntil(lambda: dock.panel.run_state == "idle", timeout=WAIT_MS)
    assert dock.panel.resumable
    scene = dock.panel.scene
    assert scene is not None
    layer = dock.workbench.labels_of(scene, "landslide")
    assert layer is not None
    drawn = layer.data
    qtbot.waitUntil(lambda: bool((drawn[arrived[0].slices] != IGNORED).any()), timeout=WAIT_MS)


def test_the_longest_gap_of_the_loop_is_told_beside_that_of_plain_napari(
    dock: RssegDock, make_napari_viewer: Any, qtbot: Any, gaps: Any
) -> None:
    """Ours first: what napari loads and compiles only once is then on our side."""
    gaps.enter("idle")
    qtbot.waitUntil(lambda: dock.panel.engine_state == "ready", timeout=WAIT_MS)
    qtbot.wait(PAUSE_MS)
    gaps.enter("opening")
    _open(dock, qtbot, "synthetic:size=512,seed=0")
    qtbot.wait(PAUSE_MS)
    scene = dock.panel.scene
    assert scene is not None
    for task in ("landslide", "cloud"):
        dock.panel.choose_task(task)
        qtbot.waitUntil(dock.page.segment.isEnabled, timeout=WAIT_MS)
        gaps.enter(f"segmenting {task}")
        qtbot.mouseClick(dock.page.segment, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: dock.panel.run_state == "idle", timeout=WAIT_MS)
        qtbot.wait(PAUSE_MS)
    assert len(dock.workbench.viewer.layers) == 5
    gaps.enter("closing")
    dock.workbench.viewer.close()
    qtbot.wait(PAUSE_MS)
    viewer = make_napari_viewer()
    qtbot.wait(PAUSE_MS)
    levels = prepare_scene("synthetic:size=512,seed=0").levels
    gaps.enter("plain napari: image")
    viewer.add_image(levels, rgb=True, multiscale=True)
    qtbot.wait(PAUSE_MS)
    for number in ("first", "second"):
        gaps.enter(f"{number} image and labels")
        viewer.add_image(np.zeros((512, 512), dtype=np.uint8), visible=False)
        viewer.add_labels(np.zeros((512, 512), dtype=np.uint8))
        qtbot.wait(PAUSE_MS)
    gaps.enter("closing plain")
    viewer.close()
    qtbot.wait(PAUSE_MS)


def test_a_whole_run_loads_no_torch_into_the_window(tmp_path: Path) -> None:
    code = f"""
import json, sys
from pathlib import Path
from napari_rsseg.viewer.demo import run_demo
report = run_demo("synthetic:size=256,seed=0", ("cloud",), out=Path({str(tmp_path)!r}), show=False)
found = [name for name in ("torch", "torchvision", "timm", "transformers") if name in sys.modules]
print(json.dumps([found, report.tasks["cloud"].labels, report.screenshot]))
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    found, labels, screenshot = json.loads(told.stdout.splitlines()[-1])
    assert found == []
    assert Path(labels).is_file()
    assert Path(screenshot).stat().st_size > 10_000
