"""Labels on disk: what is written is read, level by level, and damage is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_rsseg.errors import OutputError, ProjectError, SceneError
from napari_rsseg.project import LabelBlock, LabelStore, Provenance
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEIGHT, WIDTH = 1300, 1100


def block_of(window: Window, seed: int = 0) -> LabelBlock:
    generator = np.random.default_rng(seed)
    return LabelBlock(
        generator.integers(0, 4, window.shape, dtype=np.uint8),
        generator.integers(0, 5, window.shape, dtype=np.uint8),
        generator.integers(0, 65_536, window.shape, dtype=np.uint16),
    )


@pytest.fixture
def store(tmp_path: Path) -> LabelStore:
    return LabelStore.create(tmp_path / "labels.zarr", HEIGHT, WIDTH)


def test_a_new_store_says_nothing(store: LabelStore) -> None:
    block = store.read(Window.of(HEIGHT, WIDTH))
    assert (block.labels == 255).all()
    assert (block.provenance == Provenance.UNLABELLED).all()
    assert not block.actor.any()
    assert store.sequence == 0


def test_plain_zarr_reads_what_was_written(store: LabelStore) -> None:
    window = Window(500, 530, 1000, 1100)
    block = block_of(window)
    store.write(window, block)
    group = zarr.open_group(str(store.path), mode="r")
    for name in ("labels", "provenance", "actor"):
        array = group[name]
        assert isinstance(array, zarr.Array)
        np.testing.assert_array_equal(array[window.slices], getattr(block, name))
        assert array.chunks == (512, 512)


edges = st.tuples(st.integers(0, 300), st.integers(0, 300)).map(sorted)


@settings(max_examples=20, deadline=None)
@given(places=st.lists(st.tuples(edges, edges), min_size=1, max_size=4))
def test_every_level_is_every_nth_pixel_of_level_0_whatever_was_written_where(
    tmp_path_factory: pytest.TempPathFactory, places: list[tuple[list[int], list[int]]]
) -> None:
    store = LabelStore.create(tmp_path_factory.mktemp("store") / "labels.zarr", 300, 700)
    expected = LabelBlock.empty(300, 700)
    for seed, ((row_start, row_stop), (column_start, column_stop)) in enumerate(places):
        window = Window(row_start, row_stop, column_start, column_stop)
        block = block_of(window, seed)
        store.write(window, block)
        for name in ("labels", "provenance", "actor"):
            getattr(expected, name)[window.slices] = getattr(block, name)
    found = store.read(Window.of(300, 700))
    for name in ("labels", "provenance", "actor"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert store.steps == (1, 2)
    for step in store.steps:
        np.testing.assert_array_equal(store.level(step)[:], expected.labels[::step, ::step])


def test_large_scenes_have_levels_down_to_a_screen(tmp_path: Path) -> None:
    store = LabelStore.create(tmp_path / "labels.zarr", 50_000, 30_000)
    assert store.steps == (1, 2, 4, 8, 16, 32, 64, 128)
    assert store.level(128).shape == (391, 235)
    with pytest.raises(ProjectError, match="no level of step 3"):
        store.level(3)


def test_a_commit_survives_reopening(store: LabelStore) -> None:
    store.write(Window(0, 5, 0, 5), block_of(Window(0, 5, 0, 5)))
    store.commit(17)
    assert LabelStore(store.path).sequence == 17


def test_windows_that_leave_the_scene_and_blocks_of_another_size_are_refused(store: LabelStore) -> None:
    with pytest.raises(SceneError, match="leaves the labels"):
        store.read(Window(0, HEIGHT + 1, 0, 5))
    with pytest.raises(SceneError, match="Give one of its size"):
        store.write(Window(0, 5, 0, 5), block_of(Window(0, 4, 0, 5)))
    with pytest.raises(SceneError, match="arrays of"):
        LabelBlock(np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8), np.zeros((2, 2), np.uint16))


def test_a_store_opened_to_read_is_not_written(store: LabelStore) -> None:
    with pytest.raises(ProjectError, match="only to read"):
        LabelStore(store.path, is_read_only=True).write(Window(0, 1, 0, 1), block_of(Window(0, 1, 0, 1)))


@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied"])
def test_a_damaged_chunk_is_told_and_its_neighbours_are_read(store: LabelStore, damage: str) -> None:
    whole = Window.of(HEIGHT, WIDTH)
    block = block_of(whole)
    store.write(whole, block)
    chunk = store.path / "labels" / "c" / "1" / "1"
    numbers = bytearray(chunk.read_bytes())
    numbers[len(numbers) // 2] ^= 4
    chunk.write_bytes({"flipped": bytes(numbers), "cut": bytes(numbers[:100]), "emptied": b""}[damage])
    again = LabelStore(store.path)
    with pytest.raises(ProjectError, match="project check"):
        again.read(Window(600, 610, 600, 610))
    with pytest.raises(ProjectError, match="project check"):
        again.write(Window(600, 610, 600, 610), block_of(Window(600, 610, 600, 610)))
    intact = Window(0, 512, 0, WIDTH)
    np.testing.assert_array_equal(again.read(intact).labels, block.labels[intact.slices])


def test_a_store_without_its_description_says_how_to_repair_it(store: LabelStore) -> None:
    (store.path / "zarr.json").write_text("{", encoding="utf-8")
    with pytest.raises(ProjectError, match="project repair"):
        LabelStore(store.path)


def test_a_store_whose_disk_went_is_not_made_anew(store: LabelStore) -> None:
    store.path.rename(store.path.with_name("away"))
    with pytest.raises(OutputError, match="folder is gone"):
        store.write(Window(0, 5, 0, 5), block_of(Window(0, 5, 0, 5)))
    assert not store.path.exists()


def test_a_full_disk_is_said_and_leaves_what_was_there(small_disk: Callable[[str], Path]) -> None:
    store = LabelStore.create(small_disk("2m") / "labels.zarr", HEIGHT, WIDTH)
    first = Window(0, 512, 0, 512)
    kept = block_of(first)
    store.write(first, kept)
    store.commit(1)
    with pytest.raises(OutputError, match=r"full.*Free some space"):
        store.write(Window.of(HEIGHT, WIDTH), block_of(Window.of(HEIGHT, WIDTH), 1))
    again = LabelStore(store.path)
    assert again.sequence == 1
    again.read(Window.of(HEIGHT, WIDTH))  # every chunk is whole, an old or a new one
