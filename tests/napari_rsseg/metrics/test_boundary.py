from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_rsseg.metrics import boundary_f1

maps = arrays(np.uint8, (9, 11), elements=st.sampled_from([0, 1, 2, 255]))


def square(offset: int = 0) -> npt.NDArray[np.uint8]:
    labels = np.zeros((30, 30), dtype=np.uint8)
    labels[8:20, 8 + offset : 20 + offset] = 1
    return labels


def test_outlines_within_the_tolerance_agree_fully() -> None:
    np.testing.assert_allclose(boundary_f1(square(), square(2), 2, tolerance_px=2), [1.0, 1.0])


def test_an_outline_that_moved_further_agrees_in_the_sides_that_still_lie_close() -> None:
    scores = boundary_f1(square(), square(6), 2, tolerance_px=1)
    assert 0.2 < scores[1] < 0.7


def test_a_class_that_only_one_map_has_scores_nothing_and_one_that_neither_has_is_undefined() -> None:
    scores = boundary_f1(square(), np.zeros((30, 30), dtype=np.uint8), 3)
    assert scores[1] == 0
    assert np.isnan(scores[2])


@given(maps, maps)
def test_it_is_symmetric_and_full_for_a_map_with_itself(
    first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]
) -> None:
    np.testing.assert_allclose(boundary_f1(first, second, 3), boundary_f1(second, first, 3))
    own = boundary_f1(first, first, 3)
    assert (own[~np.isnan(own)] == 1).all()
