"""The whole loop shown once: open, segment, save; a process of its own for ``napari-rsseg demo``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_rsseg.errors import EngineError, RssegError, SceneError
from napari_rsseg.panels.segment import TASKS
from napari_rsseg.viewer.opening import title_of
from napari_rsseg.viewer.samples import SYNTHETIC_URI
from napari_rsseg.viewer.start import start

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import napari

    from napari_rsseg.panels.segment import SegmentPanel

__all__ = ["DEMO_TASKS", "DemoReport", "TaskReport", "main", "run_demo"]

DEMO_TASKS = ("grass", "landslide", "cloud")
"""Grass first: it covers everything, while landslides and clouds can be looked at together."""
_PATIENCE_S = 1800
_PAUSE_S = 0.005
_WINDOW_PX = (1500, 950)
_MARGIN = 0.02


@dataclass(frozen=True)
class TaskReport:
    """What one task came to.

    Attributes
    ----------
    seconds, first_labels_s : float
        From the click to the end, and to the first labels in the layer.
    pixels_per_second : float
        As the engine measured it.
    hectares : dict
        Area of each class; pixels where the size of a pixel is unknown.
    message : str
        What the page says at the end.
    labels : str
        File that was written; empty where none was asked for.
    """

    seconds: float
    first_labels_s: float
    pixels_per_second: float
    hectares: dict[str, float]
    message: str
    labels: str = ""


@dataclass(frozen=True)
class DemoReport:
    """What the demo did and measured.

    Attributes
    ----------
    scene, device : str
        What was segmented, on what.
    open_s, engine_start_s, longest_gap_s : float
        To the picture, to the engine's readiness, and the longest time without a turn of the event loop.
    screenshot : str
        File of the window's picture; empty where none was asked for.
    tasks : dict of TaskReport
        By task.
    """

    scene: str
    device: str
    open_s: float
    engine_start_s: float
    longest_gap_s: float
    screenshot: str
    tasks: dict[str, TaskReport]


@dataclass
class _Loop:
    """Turns the event loop while something is waited for, and notes the longest gap."""

    longest_gap_s: float = 0.0
    _last: float = field(default_factory=time.perf_counter)

    def wait(self, is_over: Callable[[], bool]) -> float:
        """Turn until it is over; return the seconds it took.

        Raises
        ------
        EngineError
            When it does not end within half an hour.
        """
        from napari.qt import get_qapp

        app, began = get_qapp(), time.perf_counter()
        self._last = began
        while not is_over():
            app.processEvents()
            now = time.perf_counter()
            self.longest_gap_s = max(self.longest_gap_s, now - self._last)
            self._last = now
            if now - began > _PATIENCE_S:
                raise EngineError("The demo took too long.", "Run napari-rsseg doctor.")
            time.sleep(_PAUSE_S)
        return time.perf_counter() - began

    def settle(self) -> None:
        """Let what was asked for be drawn."""
        end = time.perf_counter() + 0.7
        self.wait(lambda: time.perf_counter() >= end)


def run_demo(
    scene: str | None = None, tasks: Sequence[str] = DEMO_TASKS, *, out: Path, show: bool
) -> DemoReport:
    """Open napari on a scene and segment it for each task, predicting anew whatever was predicted before.

    Parameters
    ----------
    scene : str or None
        File, folder or URL; None: the synthetic scene.
    tasks : sequence of str
        Which tasks, in order.
    out : Path
        Folder of screenshot and label GeoTIFFs, made when it is needed.
    show : bool
        True: leave the window open and return when it is closed, writing nothing; False: write and close.

    Raises
    ------
    RssegError
        When the scene cannot be opened, a model does not fit, or a file cannot be written.
    """
    import napari

    viewer = napari.Viewer(title="napari-rsseg demo")
    with tempfile.TemporaryDirectory(prefix="rsseg-demo-", ignore_cleanup_errors=True) as folder:
        try:
            dock = start(viewer)
            dock.panel.store_root = Path(folder) / "predictions"
            report = _play(dock, scene or SYNTHETIC_URI, tasks, None if show else out)
            if show:
                print(json.dumps(asdict(report)), flush=True)  # noqa: T201 - the caller waits for it while the window is open
                napari.run()
        finally:
            if not show:
                viewer.close()
    return report


def _play(dock: Any, scene: str, tasks: Sequence[str], out: Path | None) -> DemoReport:
    loop = _Loop()
    began = time.perf_counter()
    viewer: napari.Viewer = dock.workbench.viewer
    panel: SegmentPanel = dock.panel
    viewer.window.resize(*_WINDOW_PX)
    loop.settle()
    opened = time.perf_counter()
    dock.scenes.open_scene(scene)
    loop.wait(lambda: panel.scene is not None or dock.scenes.isEnabled())
    if panel.scene is None:
        raise SceneError(panel.message, "Give another scene.")
    open_s = time.perf_counter() - opened
    loop.settle()
    viewer.reset_view(margin=_MARGIN)  # the canvas has its final size only now
    loop.wait(lambda: panel.engine_state in ("ready", "failed"))
    engine_s = time.perf_counter() - began
    if panel.engine_state == "failed":
        raise EngineError(panel.message, "Run napari-rsseg doctor.")
    device = panel.device_line
    reports = {task: _play_task(dock, task, loop, out) for task in tasks}
    return DemoReport(
        scene=scene,
        device=device,
        open_s=open_s,
        engine_start_s=engine_s,
        longest_gap_s=loop.longest_gap_s,
        screenshot=_take_picture(viewer, out),
        tasks=reports,
    )


def _play_task(dock: Any, task: str, loop: _Loop, out: Path | None) -> TaskReport:
    """Segment one task through the page's own button."""
    panel: SegmentPanel = dock.panel
    panel.choose_task(task)
    first: list[float] = []
    loop.settle()
    began = time.perf_counter()

    def note(run: object, window: object) -> None:
        first.append(time.perf_counter() - began)

    panel.block_written.connect(note)
    dock.page.segment.click()
    loop.wait(lambda: panel.run_state == "idle")
    seconds = time.perf_counter() - began
    panel.block_written.disconnect(note)
    loop.settle()
    if panel.resumable or not panel.areas:
        raise EngineError(f"{TASKS[task]} could not be mapped: {panel.message}", "Run napari-rsseg doctor.")
    return TaskReport(
        seconds=seconds,
        first_labels_s=first[0] if first else seconds,
        pixels_per_second=panel.pixels_per_second,
        hectares={area.name: area.pixels if area.hectares is None else area.hectares for area in panel.areas},
        message=panel.message,
        labels=_save(dock, task, out),
    )


def _save(dock: Any, task: str, out: Path | None) -> str:
    if out is None:
        return ""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{title_of(dock.panel.scene).replace(' ', '_')}_{task}.tif"
    return str(dock.workbench.write_labels(path))


def _take_picture(viewer: napari.Viewer, out: Path | None) -> str:
    if out is None:
        return ""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "screenshot.png"
    viewer.reset_view(margin=_MARGIN)
    _Loop().settle()
    viewer.screenshot(str(path), canvas_only=False, flash=False)
    return str(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo as a program; print its report as one line of JSON."""
    parser = argparse.ArgumentParser(prog="napari_rsseg.viewer.demo")
    parser.add_argument("--scene", default=SYNTHETIC_URI)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--headless", action="store_true", help="write files and close, as nobody looks")
    chosen = parser.parse_args(arguments)
    try:
        report = run_demo(chosen.scene, out=chosen.out, show=not chosen.headless)
    except RssegError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a program's last word
        return 2
    if chosen.headless:
        print(json.dumps(asdict(report)), flush=True)  # noqa: T201 - what the caller reads
    return 0


if __name__ == "__main__":  # the engine's processes import this module again
    sys.exit(main())
