"""What a job does when its surroundings change under it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

from napari_rsseg.engine import (
    BlockDone,
    Engine,
    EngineEvent,
    PartReady,
    PredictionRequest,
    PredictionStore,
)  # fmt: skip
from napari_rsseg.errors import EngineError, SceneError
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from pathlib import Path

MakeRequest = Callable[..., PredictionRequest]


def at_first_block(act: Callable[[], object]) -> Callable[[EngineEvent], None]:
    acted: list[bool] = []

    def hear(event: EngineEvent) -> None:
        if isinstance(event, BlockDone) and not acted:
            acted.append(True)
            act()

    return hear


@pytest.mark.skipif(sys.platform == "win32", reason="signals cannot be sent to a thread there")
def test_waiting_interrupted_by_a_key_may_be_taken_up_again(engine: Engine, request_for: MakeRequest) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    press = at_first_block(lambda: signal.pthread_kill(main_thread, signal.SIGINT))
    try:
        job = engine.predict(request_for(), on_event=press)
        with pytest.raises(KeyboardInterrupt):
            job.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    assert job.is_running
    report = job.wait()
    assert report.is_complete
    assert not job.is_running


def test_the_part_in_view_that_one_tile_determines_comes_first_and_is_the_same(
    engine: Engine, request_for: MakeRequest
) -> None:
    events: list[EngineEvent] = []
    view = Window(700, 800, 700, 900)
    request = request_for(view=view)
    assert engine.predict(request, on_event=events.append).wait().is_complete
    labels = [event for event in events if isinstance(event, BlockDone)]
    part = labels[0]
    assert isinstance(part, PartReady)
    assert not part.window.intersection(view).is_empty
    assert [type(event) for event in labels[1:]] == [BlockDone] * 9
    whole = PredictionStore.open(request.store).read_labels(part.window)
    np.testing.assert_array_equal(part.labels, whole)


@pytest.fixture
def own_scene(scene_path: Path, tmp_path: Path) -> Path:
    path = tmp_path / "own.tif"
    path.write_bytes(scene_path.read_bytes())
    return path


def test_a_scene_replaced_during_the_run_ends_it_and_keeps_no_block_of_it(
    engine: Engine, request_for: MakeRequest, own_scene: Path
) -> None:
    pixels = np.zeros((1100, 1300, 3), np.uint8)
    request = request_for(own_scene)
    replace = at_first_block(lambda: tifffile.imwrite(own_scene, pixels, photometric="rgb"))
    job = engine.predict(request, on_event=replace)
    with pytest.raises(EngineError, match=r"own\.tif has changed since it was opened\. Close it and open it"):
        job.wait()
    assert PredictionStore.open(request.store).done_blocks(request.region) == []


def test_a_scene_cut_off_during_the_run_ends_it_with_its_reason(
    engine: Engine, request_for: MakeRequest, own_scene: Path
) -> None:
    def cut() -> None:
        with own_scene.open("r+b") as stream:
            stream.truncate(own_scene.stat().st_size // 2)

    job = engine.predict(request_for(own_scene), on_event=at_first_block(cut))
    with pytest.raises(SceneError, match=r"own\.tif is cut off"):
        job.wait()
