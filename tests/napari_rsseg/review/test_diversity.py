from __future__ import annotations

import numpy as np

from napari_rsseg.review import farthest_first, standardised

CLUSTERS = np.array([[0, 0], [0.1, 0], [10, 0], [10, 0.1], [0, 10], [0.1, 10]], dtype=np.float32)


def test_one_of_each_kind_comes_before_a_second_of_any() -> None:
    chosen = farthest_first(CLUSTERS)
    assert {int(index) // 2 for index in chosen[:3]} == {0, 1, 2}
    assert sorted(chosen.tolist()) == list(range(6))


def test_what_was_reviewed_repels_and_is_not_shown_again() -> None:
    known = np.array([True, False, True, False, False, False])
    chosen = farthest_first(CLUSTERS, 2, known=known)
    assert int(chosen[0]) in (4, 5)
    assert not {0, 2} & set(chosen.tolist())


def test_a_weight_lets_the_worthy_ones_of_a_kind_come_first() -> None:
    weight = np.array([0.1, 0.9, 0.8, 0.1, 0.1, 0.7])
    assert farthest_first(CLUSTERS, 3, weight=weight).tolist() == [1, 2, 5]


def test_features_are_brought_to_one_scale_and_constant_ones_say_nothing() -> None:
    found = standardised(np.array([[1, 5, 100], [3, 5, 300]]))
    np.testing.assert_allclose(found, [[-1, 0, -1], [1, 0, 1]])
