from __future__ import annotations

import numpy as np

from napari_rsseg.review import CellLabels, cell_labels, miss_scores


def cells(labels: list[int], confidence: float = 0.97) -> CellLabels:
    return CellLabels(
        np.array(labels, dtype=np.uint8),
        np.ones(len(labels), dtype=np.float32),
        np.full(len(labels), confidence, dtype=np.float32),
    )


def test_cells_tell_their_main_class_its_share_and_how_sure_the_model_is() -> None:
    labels = np.zeros((4, 4), dtype=np.uint8)
    labels[:2, 2:] = 1
    labels[2, 2] = 1
    labels[2:, :2] = 255
    confidence = np.full((4, 4), 200, dtype=np.uint8)
    confidence[labels == 255] = 255
    found = cell_labels(labels, confidence, 2, (2, 2))
    assert found.label.tolist() == [0, 1, 255, 0]
    assert found.purity.tolist() == [1, 1, 0, 0.75]
    np.testing.assert_allclose(found.confidence, [0.8, 0.8, 0, 0.8])


def test_a_window_that_looks_like_a_class_but_is_not_given_to_it_comes_first() -> None:
    random = np.random.default_rng(0)
    ground = random.normal(0, 1, (200, 6))
    slide = random.normal(4, 1, (50, 6))
    missed = random.normal(4, 1, (25, 6))
    features = [ground[:100], ground[100:], slide, missed]
    said = [cells([0] * 100), cells([0] * 100), cells([1] * 50), cells([0] * 25, confidence=0.7)]
    scores = miss_scores(features, said, 2)
    assert scores.argmax() == 3
    assert scores[3] > 0.9
    assert scores[:3].max() < 0.1


def test_with_one_class_only_nothing_can_be_missed() -> None:
    features = [np.random.default_rng(1).normal(size=(20, 3))]
    assert miss_scores(features, [cells([0] * 20)], 2).tolist() == [0.0]


def test_without_windows_there_are_no_scores() -> None:
    assert miss_scores([], [], 2).size == 0
