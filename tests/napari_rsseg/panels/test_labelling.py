from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_rsseg.classes.scheme import CLOUD, IGNORED, LANDSLIDE
from napari_rsseg.panels.labelling import Labelling
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ids = hnp.arrays(np.uint8, (6, 5), elements=st.sampled_from([0, 1, 2, 3, IGNORED]))


def _predicted(labels: np.ndarray) -> Labelling:
    labelling = Labelling(CLOUD, 6, 5)
    labelling.write(Window.of(6, 5), labels, np.zeros_like(labels), keep_edits=True)
    return labelling


def test_a_new_labelling_says_nothing() -> None:
    labelling = Labelling(CLOUD, 6, 5)
    assert (labelling.labels[:, :] == IGNORED).all()
    assert labelling.count_edited(labelling.window) == 0


@given(first=ids, painted=ids, second=ids)
def test_edited_pixels_outlive_another_prediction(
    first: np.ndarray, painted: np.ndarray, second: np.ndarray
) -> None:
    labelling = _predicted(first)
    labelling.labels[:, :] = painted
    labelling.write(labelling.window, second, second, keep_edits=True)
    edited = painted != first
    assert (labelling.labels[edited] == painted[edited]).all()
    assert (labelling.labels[~edited] == second[~edited]).all()


@given(first=ids, painted=ids, second=ids)
def test_edits_go_when_that_was_asked_for(first: np.ndarray, painted: np.ndarray, second: np.ndarray) -> None:
    labelling = _predicted(first)
    labelling.labels[:, :] = painted
    labelling.write(labelling.window, second, second, keep_edits=False)
    assert (labelling.labels[:, :] == second).all()
    assert labelling.count_edited(labelling.window) == 0


@given(first=ids, painted=ids)
def test_an_undone_edit_is_none(first: np.ndarray, painted: np.ndarray) -> None:
    labelling = _predicted(first)
    labelling.labels[:, :] = painted
    labelling.labels[:, :] = first
    assert labelling.count_edited(labelling.window) == 0


@given(first=ids, painted=ids)
def test_forgetting_a_prediction_leaves_only_edits(first: np.ndarray, painted: np.ndarray) -> None:
    labelling = _predicted(first)
    labelling.labels[:, :] = painted
    labelling.forget_prediction(keep_edits=True)
    edited = painted != first
    assert (labelling.labels[edited] == painted[edited]).all()
    assert (labelling.labels[~edited] == IGNORED).all()
    assert (labelling.predicted[:, :] == IGNORED).all()


def test_a_window_beyond_the_scene_counts_only_what_is_inside() -> None:
    labelling = _predicted(np.zeros((6, 5), np.uint8))
    labelling.labels[:1, :1] = np.full((1, 1), 3, dtype=np.uint8)
    assert labelling.count_edited(Window(-10, 20, -10, 20)) == 1


def test_pages_that_a_hand_changed_are_few_of_a_large_scene(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RSSEG_CACHE", str(tmp_path))
    large = Labelling(LANDSLIDE, 9000, 1000)
    assert list(large.touched_pages()) == []
    window = Window(8990, 9000, 500, 600)
    large.paint(window, np.ones((10, 100), dtype=np.uint8), np.ones((10, 100), dtype=np.bool_))
    assert list(large.touched_pages()) == [Window(8704, 9000, 0, 512), Window(8704, 9000, 512, 1000)]
    labels, predicted = large.snapshot(window)
    assert (labels == 1).all()
    assert (predicted == IGNORED).all()


def test_all_pages_of_a_plain_array_may_have_changed() -> None:
    pages = list(Labelling(LANDSLIDE, 600, 300).touched_pages())
    assert pages == [Window(0, 512, 0, 300), Window(512, 600, 0, 300)]
