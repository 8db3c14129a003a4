from __future__ import annotations

import numpy as np
import pytest

from napari_rsseg.errors import DatasetError
from napari_rsseg.review import agreement_of, disagreement, fleiss_kappa, pair_agreement, votes_of

# Fleiss 1971, table 1 as it is taught: 10 subjects, 14 raters, 5 categories
VOTES = np.array(
    [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]
)  # fmt: skip


def test_fleiss_kappa_of_the_known_example() -> None:
    assert fleiss_kappa(VOTES) == pytest.approx(0.210, abs=5e-4)


def test_cohens_kappa_of_the_known_example() -> None:
    # 50 proposals, two readers: both yes 20, only the first 5, only the second 10, both no 15
    first = np.repeat([1, 1, 0, 0], [20, 5, 10, 15]).astype(np.uint8)[None]
    second = np.repeat([1, 0, 1, 0], [20, 5, 10, 15]).astype(np.uint8)[None]
    found = pair_agreement(("a", [first]), ("b", [second]), 2)
    assert found.kappa == pytest.approx(0.4)
    assert found.overall == pytest.approx(0.7)
    np.testing.assert_allclose(found.iou, [15 / 30, 20 / 35])


def test_pixels_about_which_one_says_nothing_do_not_count() -> None:
    first = np.array([[0, 1, 255]], dtype=np.uint8)
    second = np.array([[0, 255, 1]], dtype=np.uint8)
    assert pair_agreement(("a", [first]), ("b", [second]), 2).confusion.sum() == 1
    assert votes_of(([first], [second]), 2).tolist() == [[2, 0]]


def test_two_annotators_who_agree_everywhere() -> None:
    labels = np.zeros((16, 16), dtype=np.uint8)
    labels[4:9, 4:9] = 1
    pairs, fleiss = agreement_of({"a": [labels], "b": [labels.copy()], "c": [labels.copy()]}, 3)
    assert [(pair.first, pair.second) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert fleiss == 1
    assert pairs[0].kappa == 1
    np.testing.assert_array_equal(pairs[0].outlines, [1, 1, np.nan])


def test_a_place_of_disagreement_is_shown_where_both_say_something() -> None:
    first = np.array([[0, 1, 255, 1]], dtype=np.uint8)
    second = np.array([[0, 0, 1, 1]], dtype=np.uint8)
    assert disagreement([first, second]).tolist() == [[False, True, False, False]]


def test_one_annotator_alone_has_nobody_to_agree_with() -> None:
    with pytest.raises(DatasetError, match="two annotators"):
        agreement_of({"a": []}, 2)
