"""Damage is found where it is, and nothing else is called damaged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.project import LabelBlock, LabelStore
from napari_rsseg.project.damage import catalogue_problems, damaged_chunks, scene_problem
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from napari_rsseg.project import Project


@pytest.fixture
def store(tmp_path: Path) -> LabelStore:
    made = LabelStore.create(tmp_path / "labels.zarr", 1300, 1100)
    generator = np.random.default_rng(0)
    whole = Window.of(1300, 1100)
    block = LabelBlock.empty(1300, 1100)
    block.labels[...] = generator.integers(0, 4, whole.shape, dtype=np.uint8)
    made.write(whole, block)
    return made


def test_a_whole_store_has_no_damage(store: LabelStore) -> None:
    assert damaged_chunks(store) == []


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("labels/c/1/2", Window(512, 1024, 1024, 1100)),
        ("actor/c/0/0", Window(0, 512, 0, 512)),
        ("levels/2/c/1/0", Window(1024, 1300, 0, 1024)),
    ],
)
def test_an_overwritten_chunk_is_found_with_the_pixels_it_covers(
    store: LabelStore, name: str, window: Window
) -> None:
    path = store.path / name
    path.write_bytes(b"\xa5" * path.stat().st_size)
    (found,) = damaged_chunks(LabelStore(store.path, is_read_only=True))
    assert found.path == path
    assert found.window == window
    assert name.startswith(found.array)


def test_a_folder_in_the_place_of_a_chunk_is_damage(store: LabelStore) -> None:
    path = store.path / "provenance" / "c" / "2" / "0"
    path.unlink()
    path.mkdir()
    (found,) = damaged_chunks(store)
    assert "something else" in str(found)


def test_a_whole_catalogue_has_no_problem_and_a_missing_one_is_said(project: Project, tmp_path: Path) -> None:
    assert catalogue_problems(project.catalogue.path) == []
    assert catalogue_problems(tmp_path / "catalogue.sqlite") == ["it is missing"]


def test_scenes_that_are_gone_changed_or_damaged_are_said(project: Project) -> None:
    first, second = project.scenes()
    assert scene_problem(first) is None
    with Path(first.uri).open("r+b") as file:
        file.truncate(60_000)
    assert "60,000" in str(scene_problem(first)) or "60000" in str(scene_problem(first))
    Path(second.uri).unlink()
    assert "no longer at" in str(scene_problem(second))
