"""A real window in which strokes are painted on labels; prints what they cost as one line of JSON.

``python painting_run.py SIDE [--strokes N] [--plain]``: labels of SIDE x SIDE pixels. The first and the last
500 strokes are painted and timed, those between go to the session alone. With ``--plain`` only napari's own
events to frames are measured, on a plain label layer.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
import psutil
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_rsseg.classes.scheme import CLOUD, IGNORED
from napari_rsseg.scenes.synthetic import SyntheticScene
from napari_rsseg.scenes.windows import Window
from napari_rsseg.viewer.edit_layer import EditLayer
from napari_rsseg.viewer.edit_window import SIDE_PX
from napari_rsseg.viewer.label_stack import LabelStack
from napari_rsseg.viewer.layers import label_arguments
from napari_rsseg.viewer.world import SceneLayer, World
from tests.label_bench import disc, labelling_in

if TYPE_CHECKING:
    from napari_rsseg.panels.labelling import Labelling

TIMED, DABS, EVENTS, COMMIT_S = 500, 6, 150, 10
LEFT = Qt.MouseButton.LeftButton


class Timed(EditLayer):
    """Notes how long each stroke occupies the plugin."""

    seconds: list[tuple[float, float]] = []  # noqa: RUF012 - read by the one window of this program

    def _take_stroke(self, event: Any) -> None:
        begun, used = time.perf_counter(), time.thread_time()
        super()._take_stroke(event)
        self.seconds.append((time.perf_counter() - begun, time.thread_time() - used))


def strokes(layer: Any, count: int, chance: random.Random) -> tuple[list[float], list[float]]:
    """Paint strokes of several dabs; return the plugin's milliseconds in each, by the clock and computing."""
    Timed.seconds.clear()
    for _ in range(count):
        row, column = (chance.randrange(100, size - 200) for size in layer.data.shape)
        class_id = chance.randrange(4)
        with layer.block_history():
            for dab in range(DABS):
                layer.paint((row + 9 * dab, column + 13 * dab), class_id, refresh=False)
    return [1000 * wall for wall, _ in Timed.seconds], [1000 * used for _, used in Timed.seconds]


def frames(viewer: Any, layer: Any) -> list[float]:
    """Drag the brush with the mouse; return milliseconds from each move to the next frame."""
    canvas = viewer.window._qt_viewer.canvas
    drawn: list[float] = []
    canvas._scene_canvas.events.draw.connect(lambda event: drawn.append(time.perf_counter()))
    viewer.layers.selection.active = layer
    layer.mode, found = "paint", []
    middle, chance = canvas.native.rect().center(), random.Random(1)
    QTest.qWait(500)
    for number in range(EVENTS):
        place = middle + QPoint(chance.randrange(-150, 150), chance.randrange(-150, 150))
        if number % 10 == 0:
            layer.selected_label = number // 10 % 4
            QTest.mousePress(canvas.native, LEFT, pos=place)
        drawn.clear()
        begun = time.perf_counter()
        QTest.mouseMove(canvas.native, place)
        if number % 10 == 9:
            QTest.mouseRelease(canvas.native, LEFT, pos=place)
        while not drawn and time.perf_counter() - begun < 1:
            QTest.qWait(1)
        if drawn:
            found.append(1000 * (drawn[0] - begun))
    return found


def shown(viewer: Any, labelling: Labelling, side: int) -> Any:
    """Show labels as the dock does, with a clock at what it does per stroke."""
    import napari_rsseg.viewer.edit_window as edit_window
    import napari_rsseg.viewer.label_stack as label_stack

    for module in (edit_window, label_stack):
        setattr(module, "EditLayer", Timed)  # noqa: B010 - the clock
    scene = SyntheticScene((side, side), 0)
    place = SceneLayer(scene, "labels", World(scene.georeference), "cloud")
    stack = LabelStack(viewer, lambda: None, lambda words: None)
    layer, _ = stack.show(labelling, place, "scene", show_background=True)
    return layer


def spread(values: list[float]) -> dict[str, float]:
    return {"p50": float(np.percentile(values, 50)), "p95": float(np.percentile(values, 95))}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("side", type=int)
    options.add_argument("--strokes", type=int, default=10_000)
    options.add_argument("--plain", action="store_true")
    chosen = options.parse_args()
    side, told = chosen.side, dict[str, Any]()
    viewer = napari.Viewer()
    viewer.window.resize(1400, 900)
    if chosen.plain:
        size = min(side, SIDE_PX) if side > 8192 else side
        data = np.full((size, size), IGNORED, np.uint8)
        layer = viewer.add_labels(data, **label_arguments(CLOUD, show_background=True))
        told["frame_ms"] = spread(frames(viewer, layer))
    else:
        with tempfile.TemporaryDirectory() as folder:
            labelling = labelling_in(Path(folder), CLOUD, side, side)
            layer = shown(viewer, labelling, side)
            labelling.begin()
            told |= measure(viewer, layer, labelling, chosen.strokes)
            labelling.session.journal.close()
    told["memory_bytes"] = psutil.Process().memory_full_info().pss
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    viewer.close()


def measure(viewer: Any, layer: Any, labelling: Labelling, count: int) -> dict[str, Any]:
    """Paint first and last strokes with the layer, all others with the session, saving all the while."""
    chance, over = random.Random(0), threading.Event()
    saver = threading.Thread(target=lambda: _save(labelling, over), daemon=True)
    saver.start()
    strokes(layer, 20, chance)  # the first ones load code
    first = strokes(layer, TIMED, chance)
    before = labelling.session.journal.size
    begun, middle = time.perf_counter(), max(0, count - TIMED)
    with labelling.changed.blocked():  # nothing is drawn meanwhile
        for _ in range(middle):
            row, column = (chance.randrange(100, size - 100) for size in layer.data.shape)
            labelling.apply(disc(row, column, class_id=chance.randrange(4)))
    took, written = time.perf_counter() - begun, labelling.session.journal.size - before
    extent = Window.of(*layer.data.shape)
    layer.data[...] = labelling.read_labels(extent)
    last = strokes(layer, TIMED, chance)
    over.set()
    saver.join()
    return {
        "first_ms": spread(first[0]),
        "last_ms": spread(last[0]),
        "first_own_ms": spread(first[1]),
        "last_own_ms": spread(last[1]),
        "applied_per_s": middle / took,
        "journal_bytes_per_stroke": written / max(1, middle),
        "frame_ms": spread(frames(viewer, layer)),
    }


def _save(labelling: Labelling, over: threading.Event) -> None:
    while not over.wait(COMMIT_S):
        labelling.session.commit()


if __name__ == "__main__":
    main()
