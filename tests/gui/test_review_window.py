"""A real scene under review in a real window: from the queue to corrected, accepted and reported windows."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from qtpy.QtWidgets import QApplication

from napari_rsseg.editing import Operation
from napari_rsseg.engine.results import BlockResult, PredictionStore, StoreLayout
from napari_rsseg.review import Order, State, gather_report, write_report
from napari_rsseg.scenes import Window, open_scene
from napari_rsseg.settings import data_folder
from napari_rsseg.viewer.opening import add_picture, prepare_picture

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.docks import RssegDock

WAIT_MS = 580_000
SIDE = 2048


@pytest.fixture
def truth() -> npt.NDArray[np.uint8]:
    mask = np.asarray(tifffile.imread(data_folder() / "scenes" / "uav_road_landslide_2048_mask.tif"))
    return (mask > 0).astype(np.uint8)


@pytest.fixture
def reviewed(dock: RssegDock, truth: npt.NDArray[np.uint8], qtbot: Any, show_page: Any) -> RssegDock:
    """The scene, with labels that miss a quarter of it altogether and are in doubt there."""
    path = data_folder() / "scenes" / "uav_road_landslide_2048.tif"
    dock.workbench.viewer.window.resize(1500, 950)
    add_picture(dock.workbench.viewer, prepare_picture(open_scene(path), "true-colour"))
    qtbot.waitUntil(lambda: dock.panel.scene is not None, timeout=WAIT_MS)
    panel, scene = dock.panel, dock.panel.scene
    assert scene is not None
    panel.choose_task("landslide")
    scheme = panel.scheme_of("landslide")
    predicted = truth.copy()
    predicted[1024:, :1024] = 0
    confidence = np.full((SIDE, SIDE), 245, dtype=np.uint8)
    confidence[1024:, :1024] = 160
    store = PredictionStore.create(
        panel.store_root / "one.zarr",
        StoreLayout(SIDE, SIDE, 2, SIDE),
        {"fingerprint": scene.fingerprint, "model": {"name": "m", "scheme": scheme.model_dump(mode="json")}},
    )
    store.write_block((0, 0), BlockResult(predicted, confidence, confidence))
    panel.labelling(scene, scheme).write(Window.of(SIDE, SIDE), predicted, confidence)
    dock.workbench.new_labels()
    show_page(dock, "Review")
    dock.review.order = Order.LEAST_CONFIDENT
    dock.review_page.open_queue()
    qtbot.waitUntil(lambda: len(dock.review.ids) == 16 and not dock.review.activity, timeout=WAIT_MS)
    return dock


def test_a_scene_is_reviewed_from_the_most_doubtful_window_to_the_report(
    reviewed: RssegDock, truth: npt.NDArray[np.uint8], qtbot: Any, tmp_path: Path
) -> None:
    review, site = reviewed.review, reviewed.review.site
    assert site is not None
    review.next()
    assert review.entry is not None
    assert review.entry.window.row_start >= 1024 > review.entry.window.column_start
    window = review.entry.window
    missed = site.labelling.read_labels(window) != truth[window.slices]
    site.labelling.apply(Operation("brush", window, missed, truth[window.slices]))
    review.accept()
    review.flag("old scar or road?")
    review.accept()
    assert [review.counts[state] for state in (State.CORRECTED, State.FLAGGED, State.ACCEPTED)] == [1, 1, 1]
    review.go(site.queue.ids(Order.LEAST_CONFIDENT)[0])
    review.comparing, review.swipe, review.shows_map = "swipe", 0.5, True
    layers = reviewed.review_layers
    qtbot.waitUntil(lambda: layers.before is not None and layers.map is not None, timeout=WAIT_MS)
    for _ in range(10):
        QApplication.processEvents()
    picture = reviewed.workbench.viewer.screenshot(canvas_only=False, flash=False)
    assert picture.shape[1] >= 1000
    tifffile.imwrite(tmp_path / "review.tif", picture)
    review.comparing = "off"
    site.session.commit()
    report = gather_report(site.project, also=reviewed.panel.store_root)
    assert report.scenes[0].errors.missed == int(missed.sum())
    files = write_report(site.project, report, tmp_path / "report")
    assert files[0].stat().st_size > 100_000


def test_the_order_learns_from_what_was_corrected(reviewed: RssegDock, qtbot: Any) -> None:
    review, page = reviewed.review, reviewed.review_page
    page.order.setCurrentIndex(page.order.findData(Order.LIKELY_WRONG.value))
    page.order.activated.emit(page.order.currentIndex())
    site = review.site
    assert site is not None
    qtbot.waitUntil(
        lambda: bool(review.message or site.queue.scores(Order.LIKELY_WRONG)) and not review.activity,
        timeout=WAIT_MS,
    )
    assert review.message == ""
    assert review.order is Order.LIKELY_WRONG
    assert len(site.queue.scores(Order.LIKELY_WRONG)) == 16


@pytest.mark.bench
def test_the_time_from_the_key_to_the_next_window_on_screen(
    reviewed: RssegDock, qtbot: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    site = reviewed.review.site
    assert site is not None
    many = [Window(r, r + 4, c, c + 5) for r in range(0, 2000, 5) for c in range(0, 1500, 6)]
    site.queue.fill(site.entry.id, many)
    begun = time.perf_counter()
    reviewed.review.reload()
    listed = time.perf_counter() - begun
    page = reviewed.review_page
    qtbot.waitUntil(lambda: page.windows.windows.rowCount() == len(many) + 16, timeout=WAIT_MS)
    scrolled = [_timed(lambda row=row: _scroll(page.windows, row)) for row in range(0, 100_000, 2_500)]
    shown = [_timed(lambda: _next(reviewed)) for _ in range(15)]
    with capsys.disabled():
        sys.stdout.write(
            f"\nqueue of {len(many):,}: read and sorted {listed * 1000:.0f} ms; a page of the list after a "
            f"jump {_told(scrolled)}; next window on screen {_told(shown)}\n"
        )


def _timed(work: Any) -> tuple[float, float]:
    """Return milliseconds on the clock, and those of the main thread's own processor time."""
    begun, used = time.perf_counter(), time.thread_time()
    work()
    return (time.perf_counter() - begun) * 1000, (time.thread_time() - used) * 1000


def _told(times: list[tuple[float, float]]) -> str:
    clock, own = np.median(times, axis=0)
    slow, slow_own = np.percentile(times, 95, axis=0)
    return f"median {clock:.0f} ({own:.0f} own), p95 {slow:.0f} ({slow_own:.0f} own) ms"


def _scroll(view: Any, row: int) -> None:
    view.scrollTo(view.model().index(row))
    view.grab()


def _next(dock: RssegDock) -> None:
    dock.review.next()
    dock.workbench.chores.do_all()
    dock.workbench.viewer.screenshot(canvas_only=True, flash=False)
