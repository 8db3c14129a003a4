"""Clicks on a real scene, answered by the real engine, written into labels and to disk."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.scenes import Window, read_values
from napari_rsseg.scenes.masks import read_mask
from napari_rsseg.settings import data_folder
from napari_rsseg.viewer.legend import canvas_widget

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.docks import RssegDock

WAIT_MS = 580_000
SCENE = "scenes/naip_m_4709963_se_20180716_5m_rgbn.tif"
CLICKS = 8


@pytest.fixture
def prompted(dock: RssegDock, qtbot: Any) -> RssegDock:
    """A real scene, all of it in view, with prompting begun by its button and the view looked at."""
    path = data_folder() / SCENE
    if not path.is_file():
        pytest.skip(f"{path} is not on this machine: RSSEG_DATA names no folder with the real scenes")
    viewer, form = dock.workbench.viewer, dock.page.prompts
    dock.window().show()
    viewer.window.resize(1100, 800)
    dock.scenes.open_scene(path)
    qtbot.waitUntil(lambda: dock.panel.scene is not None and dock.scenes.isEnabled(), timeout=WAIT_MS)
    viewer.reset_view()
    dock.page.prompts_section.expand(animate=False)
    qtbot.waitUntil(lambda: form.start.isEnabled() and form.start.height() > 10, timeout=WAIT_MS)
    qtbot.mouseClick(form.start, Qt.MouseButton.LeftButton)
    prompting, layers = dock.workbench.prompting, dock.workbench.prompt_layers
    qtbot.waitUntil(lambda: layers.points is not None and layers.points.mode == "add", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: prompting.view is not None and not prompting.activity, timeout=WAIT_MS)
    assert not prompting.message
    return dock


def on_canvas(dock: RssegDock, row: float, column: float) -> QPoint:
    """Return where a pixel of the scene lies on the canvas."""
    viewer, picture = dock.workbench.viewer, dock.workbench.picture()
    assert picture is not None
    camera, canvas = viewer.scene.camera, canvas_widget(viewer)
    world = np.asarray(picture.data_to_world((row, column)), dtype=float)[-2:]
    offset = (world - np.asarray(camera.center, dtype=float)[-2:]) * camera.zoom
    return QPoint(round(canvas.width() / 2 + offset[1]), round(canvas.height() / 2 + offset[0]))


def save(dock: RssegDock, qtbot: Any, path: Path) -> Any:
    """Save the labels by the page's way; return what is on disk."""
    dock.save(str(path), dock.workbench.write_labels)
    qtbot.waitUntil(lambda: f"Saved {path}" in dock.panel.message, timeout=WAIT_MS)
    assert dock.panel.scene is not None
    return read_mask(path).read(Window.of(dock.panel.scene.height, dock.panel.scene.width))


def test_a_clicked_mask_is_written_saved_and_taken_back_in_one_step(
    prompted: RssegDock, qtbot: Any, gaps: Any, tmp_path: Path
) -> None:
    prompting, layers, scene = (
        prompted.workbench.prompting,
        prompted.workbench.prompt_layers,
        prompted.panel.scene,
    )
    assert scene is not None
    labels: Any = prompted.workbench.labels_of(scene, prompted.panel.task)
    canvas = canvas_widget(prompted.workbench.viewer)
    labels.paint((scene.height // 4, scene.width // 4), 0)
    before = save(prompted, qtbot, tmp_path / "before.tif")

    gaps.enter("clicking")
    place = on_canvas(prompted, scene.height / 2, scene.width / 2)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: bool(prompting.candidates), timeout=WAIT_MS)
    candidate = prompting.candidate
    assert candidate is not None
    assert layers.preview is not None
    qtbot.waitUntil(lambda: layers.preview.data.shape == candidate.window.shape, timeout=WAIT_MS)
    assert (save(prompted, qtbot, tmp_path / "preview.tif") == before).all()

    gaps.enter("writing")
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "pixels are now" in prompting.message, timeout=WAIT_MS)
    gaps.enter("the test's own checks")
    _, valid = read_values(scene, candidate.window, (0, 1, 2))
    mask = candidate.mask.unpacked() & valid
    expected = before.copy()
    expected[candidate.window.slices][mask] = prompting.class_id
    assert mask.any()
    after = save(prompted, qtbot, tmp_path / "after.tif")
    assert (after == expected).all()

    qtbot.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (save(prompted, qtbot, tmp_path / "undone.tif") == before).all()
    assert (before != IGNORED).sum() > 0


def test_from_click_to_preview_is_told(
    prompted: RssegDock, kept_engine: Any, qtbot: Any, gaps: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Figures are printed, never judged: this machine may be busy."""
    prompting, layers, scene = (
        prompted.workbench.prompting,
        prompted.workbench.prompt_layers,
        prompted.panel.scene,
    )
    assert scene is not None
    assert layers.preview is not None
    assert prompting.view is not None
    name = prompting.view.segmenter.name
    canvas = canvas_widget(prompted.workbench.viewer)
    drawn: list[float] = []
    layers.preview.events.set_data.connect(lambda event: drawn.append(time.perf_counter()))
    seconds = []
    generator = np.random.default_rng(0)
    gaps.enter("clicking")
    for _ in range(CLICKS):
        row, column = generator.uniform(0.3, 0.7, 2) * (scene.height, scene.width)
        drawn.clear()
        begun = time.perf_counter()
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=on_canvas(prompted, row, column))
        qtbot.waitUntil(lambda: bool(prompting.candidates) and bool(drawn), timeout=WAIT_MS)
        seconds.append(drawn[-1] - begun)
        qtbot.keyClick(canvas, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: not layers.preview.data.any(), timeout=WAIT_MS)
    gaps.enter("the test's own checks")
    worker = kept_engine.prompt_seconds[-CLICKS:]
    told = ", ".join(
        f"{all_ * 1000:.0f} ({own * 1000:.0f})" for all_, own in zip(seconds, worker, strict=True)
    )
    with capsys.disabled():
        sys.stdout.write(f"\nfrom a click to its preview, ms (the worker's share), {name}: {told}\n")
    assert len(seconds) == CLICKS
