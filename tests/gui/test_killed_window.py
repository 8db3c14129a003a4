"""A window that is killed while somebody paints: the next one shows every completed stroke."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from napari.components import ViewerModel

from napari_rsseg.classes.scheme import CLOUD
from napari_rsseg.editing import Kind, Record, read_journal
from napari_rsseg.scenes import open_scene
from napari_rsseg.scenes.synthetic import write_synthetic
from napari_rsseg.viewer.opening import add_picture, prepare_scene
from napari_rsseg.viewer.start import build_workbench
from napari_rsseg.viewer.writer import LABELLING_KEY

if TYPE_CHECKING:
    from napari_rsseg.panels.run import SegmentationEngine

ROOT = Path(__file__).parents[2]
WINDOW = Path(__file__).with_name("painting_window.py")
KILLS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 10))]


def no_engine(scheduler: str | None) -> SegmentationEngine:
    raise AssertionError("nothing is predicted here")


@pytest.mark.parametrize("seed", KILLS)
def test_a_killed_window_loses_no_completed_stroke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path / "cache"))
    scene = tmp_path / "scene.tif"
    write_synthetic(scene, size=256, seed=1)
    child = subprocess.Popen(
        [sys.executable, str(WINDOW), str(scene), str(seed)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert child.stdout is not None
    first = child.stdout.readline()
    assert first, child.stderr and child.stderr.read()
    time.sleep(random.Random(seed).uniform(0, 3))
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate()
    told, shown = (first + rest).rpartition("\n")[0].splitlines()[-1].split()

    workbench = build_workbench(ViewerModel(), no_engine)
    add_picture(workbench.viewer, prepare_scene(scene))
    workbench.flush()
    layer: Any = workbench.labels_of(open_scene(scene), "cloud")
    assert "Undo reaches back" in workbench.panel.message
    assert workbench.panel.tasks["cloud"]
    (journal,) = (tmp_path / "cache" / "projects").rglob("journal.bin")
    records = [found for found in read_journal(journal) if isinstance(found, Record)]
    extra = [record for record in records if record.sequence > int(told)]
    for record in reversed(extra):  # journalled, but killed before it was told: a stroke, then its undo
        (layer.redo if record.kind is Kind.UNDO else layer.undo)()
    assert len(extra) <= 2
    assert sha256(layer.data.tobytes()).hexdigest() == shown
    while layer.metadata[LABELLING_KEY].session.can_undo:
        layer.undo()
    assert (layer.data == 255).all()
    assert layer.metadata[LABELLING_KEY].scheme.names == CLOUD.names
    workbench.panel.close()
