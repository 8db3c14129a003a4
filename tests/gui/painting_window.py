"""A real window in which strokes are dragged until it is killed; it prints what it shows after each."""

from __future__ import annotations

import random
import sys
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import napari
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_rsseg.viewer.opening import add_picture, prepare_scene
from napari_rsseg.viewer.start import build_workbench
from napari_rsseg.viewer.writer import LABELLING_KEY

if TYPE_CHECKING:
    from napari_rsseg.panels.run import SegmentationEngine

LEFT = Qt.MouseButton.LeftButton


def main() -> None:
    """Paint on a scene with a seed."""
    scene, seed = sys.argv[1], int(sys.argv[2])
    viewer, chance = napari.Viewer(), random.Random(seed)
    workbench = build_workbench(viewer, _no_engine)
    picture = add_picture(viewer, prepare_scene(scene))
    workbench.flush()
    workbench.panel.choose_task("cloud")
    workbench.new_labels()
    workbench.flush()
    known = workbench.panel.scene
    assert known is not None
    layer: Any = workbench.labels_of(known, "cloud")
    viewer.layers.selection.active = layer
    layer.mode, layer.brush_size = "paint", 6
    assert picture is not None
    canvas = viewer.window._qt_viewer.canvas.native
    QTest.qWait(200)
    labelling = layer.metadata[LABELLING_KEY]
    while True:
        layer.selected_label = chance.randrange(4)
        _drag(canvas, chance)
        if chance.random() < 0.3:
            QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        if chance.random() < 0.2:
            workbench.panel.labellings.keep()
        if labelling.is_begun:
            shown = sha256(layer.data.tobytes()).hexdigest()
            sys.stdout.write(f"{labelling.session.journal.sequence} {shown}\n")
            sys.stdout.flush()


def _drag(canvas: Any, chance: random.Random) -> None:
    middle = canvas.rect().center()
    start = middle + QPoint(chance.randrange(-120, 120), chance.randrange(-120, 120))
    end = middle + QPoint(chance.randrange(-120, 120), chance.randrange(-120, 120))
    QTest.mousePress(canvas, LEFT, pos=start)
    for step in range(1, 5):
        QTest.mouseMove(canvas, start + (end - start) * step / 4)
        QTest.qWait(5)
    QTest.mouseRelease(canvas, LEFT, pos=end)


def _no_engine(scheduler: str | None) -> SegmentationEngine:
    raise AssertionError("nothing is predicted here")


if __name__ == "__main__":
    main()
