"""Whole predictions by real worker processes, and what they survive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest

from napari_rsseg.engine import (
    BlockDone,
    BlockFailed,
    Changed,
    Engine,
    EngineEvent,
    OverviewDone,
    PredictionRequest,
    PredictionStore,
    Progress,
)
from napari_rsseg.engine.local import MEMORY_KEPT, LocalSettings
from napari_rsseg.errors import EngineError
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.registry import ModelFile

MakeRequest = Callable[..., PredictionRequest]
LOCAL = LocalSettings(workers=1, forward_threads=1)


def labels_of(request: PredictionRequest) -> npt.NDArray[np.uint8]:
    store = PredictionStore.open(request.store)
    return store.read_labels(Window.of(request.height, request.width))


def worker_of(engine: Engine) -> psutil.Process:
    assert engine._local is not None
    children = psutil.Process(engine._local.pid).children(recursive=True)
    return next(child for child in children if "spawn_main" in " ".join(child.cmdline()))


class Events:
    """Collects what a job says, and does something once when the first block is there."""

    def __init__(self, at_first_block: Callable[[], object] = lambda: None) -> None:
        self.all: list[EngineEvent] = []
        self._at_first_block = at_first_block

    def __call__(self, event: EngineEvent) -> None:
        is_first = type(event) is BlockDone and not self.of(BlockDone)  # a part ahead of it is none
        self.all.append(event)
        if is_first:
            self._at_first_block()

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.all if type(event) is kind]


def test_a_whole_scene_is_predicted_and_each_block_told_of(engine: Engine, request_for: MakeRequest) -> None:
    request, events = request_for(), Events()
    report = engine.predict(request, on_event=events).wait()
    assert report.is_complete
    assert len(report.done) == len(events.of(BlockDone)) == 9
    assert report.pixels_per_second > 0
    assert (report.failed, report.changes, report.cancelled) == ((), (), False)
    assert report.precision == "float32"
    assert "CPU" in report.device
    labels = labels_of(request)
    assert set(np.unique(labels)) == {0, 1}
    for event in events.of(BlockDone):
        np.testing.assert_array_equal(event.labels, labels[event.window.slices])
    last = events.of(Progress)[-1]
    assert (last.done, last.total) == (9, 9)
    assert PredictionStore.open(request.store).facts["device"] == report.device


def test_a_region_gives_the_pixels_of_the_whole(
    engine: Engine, request_for: MakeRequest, whole: npt.NDArray[np.uint8]
) -> None:
    region = Window(600, 700, 1000, 1100)
    request = request_for(region=region)
    report = engine.predict(request, on_event=Events()).wait()
    assert len(report.done) == 2
    np.testing.assert_array_equal(labels_of(request)[region.slices], whole[region.slices])


def test_what_is_done_is_not_predicted_again(engine: Engine, request_for: MakeRequest) -> None:
    engine.predict(request_for(region=Window(0, 10, 0, 10)), on_event=Events()).wait()
    events = Events()
    report = engine.predict(request_for(region=Window(0, 10, 0, 1000)), on_event=events).wait()
    assert [event.window for event in events.of(BlockDone)] == [Window(0, 512, 512, 1024)]
    assert len(report.done) == 2


def test_two_workers_give_the_pixels_of_one(request_for: MakeRequest, whole: npt.NDArray[np.uint8]) -> None:
    engine = Engine.start(settings=replace(LOCAL, workers=2))
    try:
        assert engine.predict(request_for(), on_event=Events()).wait().is_complete
    finally:
        engine.close()
    np.testing.assert_array_equal(labels_of(request_for()), whole)


def test_a_cancelled_job_stops_and_a_second_click_resumes_the_rest(
    engine: Engine, request_for: MakeRequest, whole: npt.NDArray[np.uint8]
) -> None:
    jobs: list[Any] = []
    events = Events(lambda: jobs[0].cancel())
    request = request_for()
    jobs.append(engine.predict(request, on_event=events))
    report = jobs[0].wait()
    assert report.cancelled
    assert len(report.done) == len(events.of(BlockDone)) == 1
    assert len(report.missing) == 8
    later = Events()
    assert engine.predict(request, on_event=later).wait().is_complete
    assert len(later.of(BlockDone)) == 8
    np.testing.assert_array_equal(labels_of(request), whole)


def test_a_second_run_of_the_same_scene_at_once_is_refused_in_words(
    engine: Engine, request_for: MakeRequest
) -> None:
    request = request_for()
    job = engine.predict(request, on_event=Events())
    with pytest.raises(EngineError, match=f"already being segmented.*process {os.getpid()}"):
        engine.predict(request, on_event=Events())
    job.cancel()
    job.wait()
    engine.predict(replace(request, region=Window(0, 1, 0, 1)), on_event=Events()).wait()


def test_blocks_in_view_come_first_also_when_the_view_moves(engine: Engine, request_for: MakeRequest) -> None:
    jobs: list[Any] = []
    corner = Window(1050, 1100, 1250, 1300)
    events = Events(lambda: jobs[0].set_view(corner))
    jobs.append(engine.predict(request_for(view=Window(0, 50, 0, 50)), on_event=events))
    jobs[0].wait()
    order = [event.window for event in events.of(BlockDone)]
    # several are under way at once, also when the view moves
    assert Window(0, 512, 0, 512) in order[:4]
    assert Window(1024, 1100, 1024, 1300) in order[1:7]


def test_a_killed_worker_comes_back_and_the_job_goes_on(
    engine: Engine, request_for: MakeRequest, whole: npt.NDArray[np.uint8]
) -> None:
    killed = worker_of(engine)
    events = Events(lambda: killed.send_signal(signal.SIGKILL))
    request = request_for()
    report = engine.predict(request, on_event=events).wait()
    assert report.is_complete
    assert worker_of(engine).pid != killed.pid
    np.testing.assert_array_equal(labels_of(request), whole)


def test_a_killed_nanny_and_scheduler_come_back_and_the_job_goes_on(
    engine: Engine, request_for: MakeRequest, whole: npt.NDArray[np.uint8]
) -> None:
    assert engine._local is not None
    nanny = engine._local.pid
    events = Events(lambda: os.kill(nanny, signal.SIGKILL))
    request = request_for()
    report = engine.predict(request, on_event=events).wait()
    assert report.is_complete
    assert any("started again" in change for change in report.changes)
    assert engine._local.pid != nanny
    np.testing.assert_array_equal(labels_of(request), whole)


_PROGRAM = """
import sys, pickle
from pathlib import Path
from napari_rsseg.engine import BlockDone, Engine
from napari_rsseg.engine.local import MEMORY_KEPT, LocalSettings
if __name__ == "__main__":
    request = pickle.loads(Path(sys.argv[1]).read_bytes())
    engine = Engine.start(settings=LocalSettings(1, 1))
    print(engine._local.pid, flush=True)
    def tell(event):
        if isinstance(event, BlockDone):
            print("block", flush=True)
    engine.predict(request, on_event=tell).wait()
"""


def test_a_killed_program_leaves_whole_blocks_no_process_and_a_run_that_resumes(
    engine: Engine, request_for: MakeRequest, whole: npt.NDArray[np.uint8], tmp_path: Path
) -> None:
    import pickle

    request = request_for()
    (tmp_path / "request").write_bytes(pickle.dumps(request))
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(tmp_path / "request")], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        host = psutil.Process(int(program.stdout.readline()))
        family = [host, *host.children(recursive=True)]
        assert program.stdout.readline() == "block\n"
        program.kill()
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
    done = len(PredictionStore.open(request.store).done_blocks(request.region))
    assert 1 <= done < 9
    events = Events()
    assert engine.predict(request, on_event=events).wait().is_complete
    assert len(events.of(BlockDone)) == 9 - done
    np.testing.assert_array_equal(labels_of(request), whole)


def test_pixels_and_weights_are_sent_to_workers_that_cannot_reach_them(
    engine: Engine, request_for: MakeRequest, whole: npt.NDArray[np.uint8], scene_path: Path, model: ModelFile
) -> None:
    elsewhere = ((str(scene_path.parent), "/nowhere"), (str(model.weights_path.parent), "/nowhere"))
    # another title: the worker must not find the network that other tests have loaded
    card = model.card.model_copy(update={"title": "Sent over the wire"})
    request = request_for(path_mapping=elsewhere, card=card)
    events = Events()
    report = engine.predict(request, on_event=events).wait()
    assert report.is_complete
    assert len(events.of(Changed)) == 2
    np.testing.assert_array_equal(labels_of(request), whole)


def test_weights_that_are_not_the_cards_are_refused_in_words(
    engine: Engine, request_for: MakeRequest
) -> None:
    request = request_for()
    wrong = request.card.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(EngineError, match="is not the weight file of small"):
        engine.predict(replace(request, card=wrong), on_event=Events()).wait()
    assert engine.predict(request, on_event=Events()).wait().is_complete


@pytest.fixture
def damaged(scene_path: Path, tmp_path: Path) -> Path:
    """A scene with one compressed tile overwritten."""
    import tifffile

    path = tmp_path / "damaged.tif"
    path.write_bytes(scene_path.read_bytes())
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        offset, size = page.dataoffsets[-1], page.databytecounts[-1]
    with path.open("r+b") as stream:
        stream.seek(offset)
        stream.write(b"\xff" * size)
    return path


def test_a_block_that_cannot_be_read_is_named_and_the_others_are_predicted(
    engine: Engine, request_for: MakeRequest, damaged: Path
) -> None:
    events = Events()
    report = engine.predict(request_for(damaged), on_event=events).wait()
    assert not report.is_complete
    named = [failed.window for failed in report.failed]
    assert Window(1024, 1100, 1024, 1300) in named
    assert set(report.missing) == set(named)
    assert len(report.done) + len(named) == 9
    assert len(report.done) >= 5
    assert events.of(BlockFailed) == list(report.failed)


def test_a_scene_that_has_changed_since_it_was_opened_is_not_predicted(
    engine: Engine, request_for: MakeRequest
) -> None:
    with pytest.raises(EngineError, match="has changed since it was opened"):
        engine.predict(request_for(scene_fingerprint="another"), on_event=Events())


def test_a_scheduler_that_does_not_answer_is_named() -> None:
    with pytest.raises(EngineError, match=r"No scheduler answers at tcp://127\.0\.0\.1:1"):
        Engine.start("tcp://127.0.0.1:1")


def test_a_large_scene_gets_a_coarse_pass_that_is_no_result(
    engine: Engine, request_for: MakeRequest, tmp_path: Path
) -> None:
    import tifffile

    path = tmp_path / "long.tif"
    values = np.random.default_rng(0).integers(0, 255, (4200, 200, 3), dtype=np.uint8)
    tifffile.imwrite(path, values, photometric="rgb", tile=(256, 256))
    request, events = request_for(path, overview=True), Events()
    report = engine.predict(request, on_event=events).wait()
    assert report.is_complete
    assert len(events.of(OverviewDone)) == 1
    assert len(events.of(BlockDone)) == len(report.done) == 9
    coarse = PredictionStore.open(request.store / "overview")
    assert coarse.facts["downsample"] == pytest.approx(4200 / coarse.layout.height, rel=0.01)
    labels = coarse.read_labels(Window.of(coarse.layout.height, coarse.layout.width))
    assert set(np.unique(labels)) <= {0, 1}


def test_workers_keep_the_memory_of_one_forward_pass_for_the_next(engine: Engine) -> None:
    for name, value in MEMORY_KEPT.items():
        assert set(engine._client.run(os.getenv, name).values()) == {value}
