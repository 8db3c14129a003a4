"""Bad scenes, disks and neighbours, by the real buttons: the page says so, and the next action works."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest
import rasterio
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog
from rasterio.transform import from_origin

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.jobs.segmentation import plan_segmentation
from napari_rsseg.scenes.masks import read_mask
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.docks import RssegDock

WAIT_MS = 580_000
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be halted there")


def noise(height: int, width: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(0).integers(1, 255, (3, height, width), dtype=np.uint8)


def write_scene(path: Path, pixels: npt.NDArray[np.generic], nodata: float | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    bands, height, width = pixels.shape
    with rasterio.open(
        path, "w", driver="GTiff", count=bands, height=height, width=width, dtype=pixels.dtype,
        photometric="RGB", crs="EPSG:32632", transform=from_origin(500_000, 5_000_000, 10, 10), nodata=nodata,
    ) as target:  # fmt: skip
        target.write(pixels)
    return path


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write_scene(tmp_path / "good.tif", noise(64, 64))


class Page:
    """The Segment page, used with the mouse; file dialogs answer with the path that is given."""

    def __init__(self, dock: RssegDock, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dock, self._qtbot, self._monkeypatch = dock, qtbot, monkeypatch

    @property
    def said(self) -> str:
        """What the page shows as its message."""
        return str(self.dock.page.message.text())

    @property
    def labels(self) -> npt.NDArray[np.uint8]:
        """The labels of the chosen scene, as their layer holds them."""
        assert self.dock.panel.scene is not None
        self.dock.workbench.flush()
        layer = self.dock.workbench.labels_of(self.dock.panel.scene, self.dock.panel.task)
        assert layer is not None
        return np.asarray(layer.data)

    def until(self, is_so: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(is_so, timeout=WAIT_MS)

    def click(self, button: Any) -> None:
        self.until(button.isEnabled)
        self._qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def open(self, path: Path) -> None:
        self._monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_asked: (str(path), ""))
        self.click(self.dock.scenes.open)
        self.until(self.dock.scenes.isEnabled)
        self.wait_for_the_end()

    def start(self) -> None:
        """Click Segment, or Resume."""
        self.until(lambda: self.dock.panel.engine_state == "ready")
        self.click(self.dock.page.segment)

    def begin(self) -> None:
        """Start, and wait until the blocks are counted."""
        self.start()
        self.until(lambda: self.dock.panel.total > 0)

    def wait_for_the_end(self) -> None:
        self.until(lambda: self.dock.panel.run_state == "idle" and self.said == self.dock.panel.message)

    def segment(self) -> None:
        self.start()
        self.wait_for_the_end()

    def save(self, path: Path) -> None:
        self._monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_asked: (str(path), ""))
        self.until(lambda: self.dock.page.save.isVisibleTo(self.dock.page))
        self.click(self.dock.page.save)
        self.until(lambda: not self.dock.panel.message.startswith("Saving"))
        self.wait_for_the_end()

    def assert_goes_on(self, good: Path) -> None:
        """The next scene opens and is segmented."""
        self.open(good)
        assert self.dock.panel.scene is not None
        assert self.dock.panel.scene.uri == str(good)
        self.segment()
        assert "Done" in self.said
        assert (self.labels != IGNORED).all()


@pytest.fixture
def page(dock: RssegDock, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(dock, qtbot, monkeypatch)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((3, 40, 40), np.uint8), np.full((3, 40, 40), np.nan, np.float32)],
    ids=["nodata", "NaN"],
)
def test_a_scene_without_a_valid_pixel_is_told(
    page: Page, good: Path, tmp_path: Path, pixels: npt.NDArray[np.generic]
) -> None:
    page.open(write_scene(tmp_path / "empty.tif", pixels, nodata=0))
    assert "empty.tif holds no measured pixel" in page.said
    assert "Check its nodata value, or choose another file." in page.said
    assert page.dock.panel.scene is None
    page.assert_goes_on(good)


def test_pixels_that_are_nan_or_infinite_stay_without_a_label(page: Page, good: Path, tmp_path: Path) -> None:
    pixels = noise(40, 40).astype(np.float32) / 255
    pixels[:, :10] = np.nan
    pixels[0, 20, :] = np.inf
    page.open(write_scene(tmp_path / "holes.tif", pixels))
    page.segment()
    assert "Done" in page.said
    empty = np.zeros((40, 40), bool)
    empty[:10] = empty[20] = True
    np.testing.assert_array_equal(page.labels == IGNORED, empty)
    assert sum(area.pixels for area in page.dock.panel.areas) == int((~empty).sum())
    page.assert_goes_on(good)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (20, 33)], ids=str)
def test_scenes_smaller_than_a_tile_are_segmented_and_saved(
    page: Page, tmp_path: Path, shape: tuple[int, int]
) -> None:
    page.open(write_scene(tmp_path / "small.tif", noise(*shape)))
    page.segment()
    assert "Done" in page.said
    assert page.labels.shape == shape
    assert (page.labels != IGNORED).all()
    page.save(tmp_path / "labels.tif")
    assert page.said == f"Saved {tmp_path / 'labels.tif'}."
    assert read_mask(tmp_path / "labels.tif").read(Window.of(*shape)).shape == shape


@pytest.fixture
def locked_folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder that nobody may write to; for root one on a disk that is read-only."""
    if sys.platform == "win32":
        pytest.skip("folders have no permission bits there")
    if os.geteuid() != 0:
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o555)
        return locked
    disk: Path = request.getfixturevalue("small_disk")("64k")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    return disk


def test_labels_for_a_folder_without_rights_are_saved_elsewhere(
    locked_folder: Path, page: Page, good: Path, tmp_path: Path
) -> None:
    page.open(good)
    page.segment()
    page.save(locked_folder / "labels.tif")
    assert str(locked_folder / "labels.tif") in page.said
    assert "cannot be written" in page.said
    assert "Choose a folder in which you may write" in page.said
    assert list(locked_folder.iterdir()) == []
    page.save(tmp_path / "labels.tif")
    assert page.said == f"Saved {tmp_path / 'labels.tif'}."
    page.assert_goes_on(good)


def fill(disk: Path) -> Path:
    """Leave no room on a disk."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as stream:
        while stream.write(bytes(4096)):
            pass
    return filler


def test_labels_for_a_full_disk_leave_nothing_there_until_there_is_room(
    page: Page, good: Path, small_disk: Callable[[str], Path]
) -> None:
    disk = small_disk("1m")
    filler = fill(disk)
    page.open(good)
    page.segment()
    page.save(disk / "labels.tif")
    assert str(disk / "labels.tif") in page.said
    assert "cannot be written (No space left on device)" in page.said
    assert "Free space on that disk" in page.said
    assert list(disk.iterdir()) == [filler]
    filler.unlink()
    page.save(disk / "labels.tif")
    assert page.said == f"Saved {disk / 'labels.tif'}."
    assert (read_mask(disk / "labels.tif").read(Window.of(64, 64)) == page.labels).all()


def test_no_room_for_the_prediction_is_told_and_the_next_click_works(
    page: Page, good: Path, small_disk: Callable[[str], Path]
) -> None:
    page.dock.panel.store_root = disk = small_disk("1m")
    filler = fill(disk)
    page.open(good)
    page.segment()
    assert f"The disk that holds {disk}" in page.said
    assert "is full. Free some space and segment again" in page.said
    assert (page.labels == IGNORED).all()
    assert page.dock.panel.areas == ()
    filler.unlink()
    page.segment()
    assert "Done" in page.said
    assert (page.labels != IGNORED).all()


@contextlib.contextmanager
def halted_worker() -> Iterator[psutil.Process]:
    """The worker of the engine, which predicts nothing meanwhile."""
    children = psutil.Process().children(recursive=True)
    worker = next(child for child in children if "spawn_main" in " ".join(child.cmdline()))
    worker.send_signal(signal.SIGSTOP)
    try:
        yield worker
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            worker.send_signal(signal.SIGCONT)


@needs_signals
def test_a_worker_killed_during_a_run_comes_back_and_finishes_it(page: Page, good: Path) -> None:
    page.open(good)
    page.until(lambda: page.dock.panel.engine_state == "ready")
    with halted_worker() as worker:
        page.begin()
        worker.kill()
        page.wait_for_the_end()
    assert "Done" in page.said
    assert (page.labels != IGNORED).all()
    page.assert_goes_on(good)


@needs_signals
def test_a_run_is_cancelled_although_its_worker_is_halted_and_resume_finishes_by_another_one(
    page: Page, good: Path
) -> None:
    page.open(good)
    page.until(lambda: page.dock.panel.engine_state == "ready")
    with halted_worker() as worker:
        page.begin()
        page.click(page.dock.page.cancel)
        page.wait_for_the_end()
        assert "0 of 1 blocks are done. Resume does the rest." in page.said
        page.until(lambda: page.dock.page.segment.text() == "Resume")
        page.begin()
        worker.kill()
        page.wait_for_the_end()
    assert "Done" in page.said
    assert (page.labels != IGNORED).all()
    page.assert_goes_on(good)


@needs_signals
def test_a_scene_replaced_during_its_run_is_told_and_opened_again(
    page: Page, good: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.tif"
    shutil.copy(good, own)
    other = write_scene(tmp_path / "other.tif", noise(80, 90))
    page.open(own)
    page.until(lambda: page.dock.panel.engine_state == "ready")
    with halted_worker():
        page.begin()
        other.replace(own)
    page.wait_for_the_end()
    assert str(own) in page.said
    assert "has changed since it was opened" in page.said
    assert page.dock.panel.areas == ()
    page.assert_goes_on(own)
    assert page.labels.shape == (80, 90)


HOLD = """
import sys
from pathlib import Path
from napari_rsseg.engine.locking import StoreLock
lock = StoreLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_scene_that_another_program_segments_is_told_and_is_free_after_it(page: Page, good: Path) -> None:
    page.open(good)
    panel = page.dock.panel
    assert panel.scene is not None
    assert panel.model is not None
    assert panel.model.model is not None
    request = plan_segmentation(
        panel.scene, panel.model.model, options=panel.options, store_root=panel.store_root
    )
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(request.store)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        page.segment()
        assert "already being segmented" in page.said
        assert f"by process {holder.pid}" in page.said
        assert "Wait until it is done, or cancel it there." in page.said
        assert (page.labels == IGNORED).all()
        holder.communicate()
    page.segment()
    assert "Done" in page.said
    assert (page.labels != IGNORED).all()


def test_names_in_any_script_in_deep_folders_are_opened_segmented_and_saved(
    page: Page, good: Path, tmp_path: Path
) -> None:
    deep = tmp_path.joinpath(*["Größe 数据 данные"] * 80)
    deep.mkdir(parents=True)
    named = deep / "Überflug 卫星 снимок\u0301.tif"
    shutil.copy(good, named)
    page.assert_goes_on(named)
    page.save(deep / "Ergebnis 결과.tif")
    assert page.said == f"Saved {deep / 'Ergebnis 결과.tif'}."
    assert (read_mask(deep / "Ergebnis 결과.tif").read(Window.of(64, 64)) == page.labels).all()


def test_a_name_that_is_too_long_is_told_and_a_shorter_one_is_saved(
    page: Page, good: Path, tmp_path: Path
) -> None:
    longest = tmp_path / ("ä" * 125 + "x.tif")
    assert len(os.fsencode(longest.name)) == 255
    shutil.copy(good, longest)
    page.assert_goes_on(longest)
    beyond = tmp_path / f"{page.dock.panel.scene_title}_landslide.tif"
    page.save(beyond)
    assert f"{beyond} cannot be written (File name too long). Choose a shorter file name." in page.said
    page.save(tmp_path / "short.tif")
    assert page.said == f"Saved {tmp_path / 'short.tif'}."


def test_a_path_that_no_system_takes_is_told(page: Page, good: Path, tmp_path: Path) -> None:
    page.open(tmp_path.joinpath(*["deep" * 20] * 60) / "a.tif")
    assert "File name too long" in page.said
    page.assert_goes_on(good)
