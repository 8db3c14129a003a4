from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_rsseg.engine.results import BlockResult, PredictionStore, StoreLayout
from napari_rsseg.review import evidence_of, measure_window
from napari_rsseg.scenes import Window

if TYPE_CHECKING:
    from pathlib import Path

LABELS = np.array([[0, 0, 1, 255]], dtype=np.uint8)
CONFIDENCE = np.array([[250, 200, 150, 255]], dtype=np.uint8)
MARGIN = np.array([[250, 150, 50, 255]], dtype=np.uint8)


def test_doubt_and_closeness_are_means_over_what_was_predicted() -> None:
    found = measure_window(LABELS, CONFIDENCE, MARGIN, 2)
    assert found.pixels == 3
    assert found.doubt == pytest.approx(0.2)
    assert found.closeness == pytest.approx(0.4)
    assert found.dispute == 0
    np.testing.assert_allclose(found.classes, [2 / 3, 1 / 3])
    assert 0.9 < found.impurity < 1


def test_a_dispute_is_another_class_or_another_confidence() -> None:
    other = np.array([[0, 1, 1, 1]], dtype=np.uint8), np.array([[250, 130, 200, 200]], dtype=np.uint8)
    assert measure_window(LABELS, CONFIDENCE, MARGIN, 2, other).dispute == pytest.approx((0 + 1 + 0.2) / 3)


def test_a_window_without_prediction_says_nothing() -> None:
    nothing = np.full((2, 2), 255, dtype=np.uint8)
    found = measure_window(nothing, nothing, nothing, 3, (nothing, nothing))
    assert (found.pixels, found.doubt, found.impurity, found.dispute) == (0, 0, 0, 0)


def test_windows_are_read_from_a_stored_prediction(tmp_path: Path) -> None:
    store = PredictionStore.create(tmp_path / "one.zarr", StoreLayout(8, 8, 2, 8), {})
    labels = np.zeros((8, 8), dtype=np.uint8)
    labels[:, 4:] = 1
    sure = np.where(labels == 1, 150, 250).astype(np.uint8)
    store.write_block((0, 0), BlockResult(labels, sure, sure))
    left, right = evidence_of(store, [Window(0, 8, 0, 4), Window(0, 8, 4, 8)], store)
    assert left.doubt == 0
    assert right.doubt == pytest.approx(0.4)
    assert right.classes.tolist() == [0, 1]
    assert right.dispute == 0
