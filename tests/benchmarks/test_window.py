"""What the window costs: its import, the wait after a click, and memory with the worker beside it."""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tifffile

from napari_rsseg.scenes.synthetic import write_synthetic

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import ReadableBuffer

pytestmark = pytest.mark.bench
HERE = Path(__file__).parent
_IMPORT = """
import json, sys, time
import napari, napari.qt
napari.Viewer, napari.qt.get_qapp
before, began = set(sys.modules), time.perf_counter()
import napari_rsseg.docks, napari_rsseg.viewer.start
napari_rsseg.docks.RssegDock
seconds = time.perf_counter() - began
heavy = [name for name in ("torch", "distributed", "dask.distributed", "timm") if name in sys.modules]
print(json.dumps([seconds, len(set(sys.modules) - before), heavy]))
"""


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    def write(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return write


class Sparse(io.FileIO):
    """A file in which zeros take no room."""

    def write(self, data: ReadableBuffer) -> int:
        written = bytes(data)
        if written.count(0) < len(written):
            return super().write(written)
        end = self.seek(len(written), os.SEEK_CUR)
        self.truncate(max(end, os.fstat(self.fileno()).st_size))
        return len(written)


def last_line(*words: str | Path) -> Any:
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_seconds_to_import_what_the_dock_needs(tell: Callable[[str], None]) -> None:
    last_line("-c", _IMPORT)  # bytecode is compiled and files are read from the disk once
    runs = [last_line("-c", _IMPORT) for _ in range(5)]
    seconds, modules = statistics.median(run[0] for run in runs), runs[0][1]
    assert not any(run[2] for run in runs), "the window's process has loaded what belongs to the worker"
    tell(
        f"import of the plugin after napari: {seconds:.2f} s for {modules} modules, median of 5 (aim 0.3); "
        "no torch, no distributed"
    )


def test_seconds_from_a_click_to_the_first_labels_in_a_real_window(
    tell: Callable[[str], None], tmp_path: Path
) -> None:
    scenes = [tmp_path / f"{seed}.tif" for seed in range(4)]
    for seed, path in enumerate(scenes):
        write_synthetic(path, size=1536, seed=seed)
    cold, *warm = last_line(HERE / "window_run.py", *scenes)["first_labels_s"]
    shown = ", ".join(f"{wait:.2f}" for wait in warm)
    tell(f"click to first labels in the window: {shown} s (aim 3); {cold:.2f} s the first time")


def test_peak_memory_of_window_and_worker_on_a_scene_of_30_000_squared(
    tell: Callable[[str], None], tmp_path: Path
) -> None:
    side, blocks = 30_000, 200
    path = tmp_path / "sparse.tif"
    with Sparse(path, "w+") as file:
        tifffile.imwrite(
            file, shape=(side, side, 4), dtype="uint16", photometric="rgb", extrasamples=("unspecified",),
            tile=(512, 512), bigtiff=True,
        )  # fmt: skip
    told = last_line(HERE / "window_run.py", path, "--blocks", str(blocks))
    plain = last_line(HERE / "window_run.py", path, "--plain")
    peak, window, resident = (told[key] / 1e9 for key in ("peak_bytes", "window_bytes", "resident_bytes"))
    tell(
        f"peak memory of window and worker, {side} x {side} x 4 uint16, a view and {blocks} blocks: "
        f"{peak:.2f} GB (aim 2.5), {window:.2f} of them the window; with shared pages counted in each "
        f"process {resident:.2f} GB. napari alone with a picture of that size and labels of 4096 x 4096: "
        f"{plain['peak_bytes'] / 1e9:.2f} GB"
    )
