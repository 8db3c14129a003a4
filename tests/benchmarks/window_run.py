"""A real window that opens a scene and clicks Segment; prints what it measured as one line of JSON.

``python window_run.py SCENE... [--blocks N] [--plain]``: scenes are segmented one after the other, in the
view that napari chooses; with ``--blocks`` each run is cancelled after so many blocks. With ``--plain``
napari shows an empty picture of the first one's size without the plugin, and a label layer as large as those
that are painted on.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable

_SAMPLE_S = 0.2
_PAINTED_PX = 4096


class PeakMemory(threading.Thread):
    """Samples the memory of this process and all that it started.

    Attributes
    ----------
    peak_bytes, window_bytes : int
        Most that all of them held, pages that several share counted once (PSS), and what of it was the
        window's.
    resident_bytes : int
        Most of it with shared pages counted in each process (RSS).
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = self.window_bytes = self.resident_bytes = 0
        self.over = threading.Event()

    def run(self) -> None:
        own = psutil.Process()
        while not self.over.wait(_SAMPLE_S):
            total = shown = resident = 0
            for process in (own, *own.children(recursive=True)):
                try:
                    memory = process.memory_full_info()
                except psutil.Error:  # it has just ended
                    continue
                size = getattr(memory, "pss", memory.rss)
                total, resident = total + size, resident + memory.rss
                shown = size if process == own else shown
            self.resident_bytes = max(self.resident_bytes, resident)
            if total > self.peak_bytes:
                self.peak_bytes, self.window_bytes = total, shown


def turn_until(is_over: Callable[[], bool]) -> None:
    """Turn the event loop, as a window does while its user waits."""
    from napari.qt import get_qapp

    app = get_qapp()
    while not is_over():
        app.processEvents()
        time.sleep(0.005)


def segment(dock: Any, uri: str, blocks: int | None) -> float:
    """Open a scene and click; return the seconds from the click until the first labels have been drawn.

    Ends the program with what the page says where the scene or the engine cannot be used.
    """
    from napari.qt import get_qapp

    panel = dock.panel
    before = panel.scene
    dock.scenes.open_scene(uri)
    turn_until(dock.scenes.isEnabled)
    if panel.scene is before:
        sys.exit(f"{uri} was not opened. {panel.message}")
    turn_until(lambda: panel.engine_state in ("ready", "failed"))
    if panel.obstacle or panel.engine_state != "ready":
        sys.exit(f"{uri} cannot be segmented. {panel.obstacle or panel.message}")
    turn_until(dock.page.segment.isEnabled)
    settled = time.perf_counter() + 1
    turn_until(lambda: time.perf_counter() > settled)
    arrived: list[object] = []

    def note(run: object, window: object) -> None:
        arrived.append(window)
        if len(arrived) == blocks:
            panel.cancel()

    panel.block_written.connect(note)
    began = time.perf_counter()
    dock.page.segment.click()
    turn_until(lambda: bool(arrived) or panel.run_state == "idle")
    dock.workbench.flush()
    get_qapp().processEvents()
    seconds = time.perf_counter() - began
    turn_until(lambda: panel.run_state == "idle")
    panel.block_written.disconnect(note)
    if len(arrived) < (blocks or 1):
        sys.exit(f"{uri} was not segmented: {len(arrived)} blocks arrived. {panel.message}")
    return seconds


def show_plainly(viewer: Any, path: str) -> None:
    """Show a picture of the size of a TIFF whose levels cost nothing to read, and labels to paint on."""
    import dask.array as da
    import numpy as np
    import tifffile

    with tifffile.TiffFile(path) as file:
        height, width = file.pages.first.shape[:2]
    sizes = [(height >> level, width >> level, 4) for level in range(6)]
    levels = [da.zeros(size, dtype=np.uint8, chunks=(512, 512, 4)) for size in sizes]
    viewer.add_image(levels, multiscale=True, rgb=True)
    viewer.add_labels(np.zeros((_PAINTED_PX, _PAINTED_PX), np.uint8))
    drawn = time.perf_counter() + 5
    turn_until(lambda: time.perf_counter() > drawn)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("scenes", nargs="+")
    parser.add_argument("--blocks", type=int)
    parser.add_argument("--plain", action="store_true")
    chosen = parser.parse_args()
    import napari

    from napari_rsseg.viewer.start import start

    memory = PeakMemory()
    memory.start()
    viewer = napari.Viewer()
    first: list[float] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if chosen.plain:
            show_plainly(viewer, chosen.scenes[0])
        else:
            dock = start(viewer)
            dock.panel.store_root = Path(folder)
            first += [segment(dock, uri, chosen.blocks) for uri in chosen.scenes]
        viewer.close()
    memory.over.set()
    told = {
        "first_labels_s": first,
        "peak_bytes": memory.peak_bytes,
        "window_bytes": memory.window_bytes,
        "resident_bytes": memory.resident_bytes,
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":  # the engine's processes import this module again
    main()
