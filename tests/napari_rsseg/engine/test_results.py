from __future__ import annotations

import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.engine.results import BlockResult, PredictionStore, StoreLayout, quantised
from napari_rsseg.errors import EngineError, OutputError
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from pathlib import Path

LAYOUT = StoreLayout(1100, 700, classes=3, block_px=512, probabilities=True)
WHOLE = Window.of(1100, 700)


def block_result(height: int, width: int, value: int) -> BlockResult:
    plane = np.full((height, width), value, np.uint8)
    return BlockResult(plane, plane + 1, plane + 2, np.full((3, height, width), value / 8, np.float16))


@pytest.fixture
def store(tmp_path: Path) -> PredictionStore:
    return PredictionStore.create(tmp_path / "a" / "store.zarr", LAYOUT, {"key": "k"})


def test_an_empty_store_says_nothing_anywhere(store: PredictionStore) -> None:
    assert (store.read_labels(WHOLE) == 255).all()
    assert np.isnan(store.read_probabilities(WHOLE)).all()
    assert len(store.missing_blocks(WHOLE)) == 6
    assert store.done_blocks(WHOLE) == []


def test_what_is_written_is_read_again_by_another_opener(store: PredictionStore) -> None:
    store.write_block((2, 1), block_result(1100 - 1024, 700 - 512, 2))
    again = PredictionStore.open(store.path)
    corner = Window(1024, 1100, 512, 700)
    assert (again.read_labels(corner) == 2).all()
    assert (again.read_confidence(corner) == 3).all()
    assert (again.read_margin(corner) == 4).all()
    assert (again.read_probabilities(corner) == 0.25).all()
    assert (again.read_labels(Window(0, 1024, 0, 700)) == 255).all()
    assert again.done_blocks(WHOLE) == [(2, 1)]
    assert again.facts == {"key": "k"}


def test_chunks_of_a_block_that_is_not_done_are_not_shown(store: PredictionStore) -> None:
    store._group["labels"][0:512, 0:512] = 1  # what a killed writer leaves
    again = PredictionStore.open(store.path)
    assert (again.read_labels(Window(0, 600, 0, 600)) == 255).all()


def test_an_opener_sees_blocks_that_another_process_finished_after_a_refresh(store: PredictionStore) -> None:
    reader = PredictionStore.open(store.path)
    store.write_block((0, 0), block_result(512, 512, 1))
    assert not reader.is_done((0, 0))
    reader.refresh()
    assert reader.is_done((0, 0))


def test_creating_a_store_that_exists_opens_it(store: PredictionStore) -> None:
    store.write_block((0, 0), block_result(512, 512, 1))
    assert PredictionStore.create(store.path, LAYOUT, {}).is_done((0, 0))


def test_a_record_adds_to_the_facts(store: PredictionStore) -> None:
    store.record(device="cpu")
    assert PredictionStore.open(store.path).facts == {"key": "k", "device": "cpu"}


def test_probabilities_that_were_not_kept_are_refused_in_words(tmp_path: Path) -> None:
    store = PredictionStore.create(tmp_path / "s.zarr", StoreLayout(10, 10, 2, 512), {})
    with pytest.raises(EngineError, match="were not kept"):
        store.read_probabilities(Window.of(10, 10))


def test_a_folder_that_holds_something_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("no store")
    with pytest.raises(EngineError, match="does not hold a prediction"):
        PredictionStore.open(tmp_path)


def test_a_place_that_cannot_be_written_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        PredictionStore.create(tmp_path / "file" / "store.zarr", LAYOUT, {})


def test_shares_are_stored_in_steps_of_a_250th() -> None:
    shares = np.array([0, 0.002, 0.5, 1, 1.0001], np.float32)
    np.testing.assert_array_equal(quantised(shares), [0, 0, 125, 250, 250])


_FILL = """
import resource, signal, sys
import numpy as np
from pathlib import Path
from napari_rsseg.engine.results import BlockResult, PredictionStore
from napari_rsseg.errors import OutputError
store = PredictionStore.open(Path(sys.argv[1]))
noise = np.random.default_rng(0).integers(0, 3, (512, 512), dtype=np.uint8)
result = BlockResult(noise, noise, noise, np.zeros((3, 512, 512), np.float16))
store.write_block((0, 0), result)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    store.write_block((1, 0), result)
except OutputError as error:
    print(error.found)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit on the size of files")
def test_a_disk_that_takes_no_more_leaves_the_block_absent_and_says_so(store: PredictionStore) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FILL, str(store.path)], capture_output=True, text=True, check=True
    )
    assert "cannot be written" in done.stdout
    again = PredictionStore.open(store.path)
    assert again.done_blocks(WHOLE) == [(0, 0)]
    assert (again.read_labels(Window(512, 1024, 0, 512)) == 255).all()


_WRITE_ON = """
import sys
import numpy as np
from pathlib import Path
from napari_rsseg.engine.results import BlockResult, PredictionStore
from napari_rsseg.scenes import Window
store = PredictionStore.open(Path(sys.argv[1]))
for block in store.missing_blocks(Window.of(5000, 5000)):
    noise = np.random.default_rng(block).integers(0, 2, (512, 512), dtype=np.uint8)
    store.write_block(block, BlockResult(noise, noise, noise))
"""


@pytest.mark.parametrize("files", [1, 8, 21])
def test_a_writer_killed_at_any_instant_leaves_only_whole_blocks(tmp_path: Path, files: int) -> None:
    whole = Window.of(5120, 5120)
    store = PredictionStore.create(tmp_path / "s.zarr", StoreLayout(5120, 5120, 2, 512), {})
    with subprocess.Popen([sys.executable, "-c", _WRITE_ON, str(store.path)]) as writer:
        while sum(path.is_file() for path in store.path.glob("*/c/*/*")) < files:
            pass
        writer.kill()
    again = PredictionStore.open(store.path)
    assert len(again.missing_blocks(whole)) > 0
    for block in again.done_blocks(whole):
        labels = again.read_labels(again.grid.window(block))
        assert (labels < 2).all()
        np.testing.assert_array_equal(labels, again.read_margin(again.grid.window(block)))
