"""How fast the synthetic scene is made, and with how much memory it is written."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest

from napari_rsseg.scenes.synthetic import SyntheticScene, write_synthetic
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.bench
def test_pixels_per_second_of_the_synthetic_scene(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene = SyntheticScene(50_000)
    scene.read(Window(0, 64, 0, 64))
    figures = []
    for level in (0, 2, 5):
        start = time.process_time()
        scene.read(Window(0, 1024, 0, 1024), level=level)
        figures.append(
            f"level {level}: {1024**2 / 1e6 / (time.process_time() - start):.2f} Mpx/s of one core"
        )
    start = time.process_time()
    write_synthetic(tmp_path / "scene.tif", size=1024, truth=True)
    figures.append(f"file with three truths: {1024**2 / 1e6 / (time.process_time() - start):.2f} Mpx/s")
    with capsys.disabled():
        sys.stdout.write(f"\nsynthetic scene, {'; '.join(figures)}\n")
