"""A real window that opens a scene and clicks Segment; prints what it measured as one line of JSON.

``python window_run.py SCENE... [--blocks N]``: scenes are segmented one after the other, in the view that
napari chooses; with ``--blocks`` each run is cancelled after so many blocks.
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


class PeakMemory(threading.Thread):
    """Samples the memory of this process and all that it started; shared pages count once (PSS)."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = self.window_bytes = 0
        self.over = threading.Event()

    def run(self) -> None:
        own = psutil.Process()
        while not self.over.wait(_SAMPLE_S):
            total = shown = 0
            for process in (own, *own.children(recursive=True)):
                try:
                    memory = process.memory_full_info()
                except psutil.Error:  # it has just ended
                    continue
                size = getattr(memory, "pss", memory.rss)
                total += size
                shown = size if process == own else shown
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
    """Open a scene and click; return the seconds from the click until the first labels have been drawn."""
    from napari.qt import get_qapp

    panel = dock.panel
    before = panel.scene
    dock.scenes.open_scene(uri)
    turn_until(lambda: panel.scene is not before and dock.scenes.isEnabled())
    turn_until(lambda: panel.engine_state == "ready" and dock.page.segment.isEnabled())
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
    assert len(arrived) >= (blocks or 1), panel.message
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("scenes", nargs="+")
    parser.add_argument("--blocks", type=int)
    chosen = parser.parse_args()
    import napari

    from napari_rsseg.viewer.start import start

    memory = PeakMemory()
    memory.start()
    viewer = napari.Viewer()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        dock = start(viewer)
        dock.panel.store_root = Path(folder)
        first = [segment(dock, uri, chosen.blocks) for uri in chosen.scenes]
        viewer.close()
    memory.over.set()
    told = {
        "first_labels_s": first,
        "peak_bytes": memory.peak_bytes,
        "window_bytes": memory.window_bytes,
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":  # the engine's processes import this module again
    main()
