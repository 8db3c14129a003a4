from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_rsseg.errors import SchemeError
from napari_rsseg.metrics import confusion_matrix, f1_of, iou_of, scores_of

LABELS = hnp.arrays(np.uint8, (6, 7), elements=st.sampled_from([0, 1, 2, 255]))


def counted_by_hand(
    truth: npt.NDArray[np.uint8], prediction: npt.NDArray[np.uint8], classes: int
) -> npt.NDArray[np.int64]:
    counts = np.zeros((classes, classes), dtype=np.int64)
    for true_id, predicted_id in zip(truth.flat, prediction.flat, strict=True):
        if 255 not in (true_id, predicted_id):
            counts[true_id, predicted_id] += 1
    return counts


@given(truth=LABELS, prediction=LABELS)
def test_each_counted_pixel_is_in_one_cell(
    truth: npt.NDArray[np.uint8], prediction: npt.NDArray[np.uint8]
) -> None:
    assert np.array_equal(confusion_matrix(truth, prediction, 3), counted_by_hand(truth, prediction, 3))


@given(truth=LABELS, prediction=LABELS)
def test_iou_equals_intersection_over_union_of_sets(
    truth: npt.NDArray[np.uint8], prediction: npt.NDArray[np.uint8]
) -> None:
    counted = (truth != 255) & (prediction != 255)
    found = iou_of(confusion_matrix(truth, prediction, 3))
    for label in range(3):
        both = (truth == label) & (prediction == label) & counted
        either = ((truth == label) | (prediction == label)) & counted
        if either.any():
            assert found[label] == pytest.approx(both.sum() / either.sum())
        else:
            assert np.isnan(found[label])


def test_scores_of_a_known_matrix() -> None:
    scores = scores_of(np.array([[50, 10], [5, 35]]))
    assert scores.iou == pytest.approx([50 / 65, 35 / 50])
    assert scores.f1 == pytest.approx([100 / 115, 70 / 85])
    assert scores.precision == pytest.approx([50 / 55, 35 / 45])
    assert scores.recall == pytest.approx([50 / 60, 35 / 40])
    assert scores.overall_accuracy == pytest.approx(0.85)
    assert scores.kappa == pytest.approx((0.85 - 0.51) / 0.49)


def test_a_class_that_is_labelled_but_never_predicted_scores_0_in_both_means() -> None:
    scores = scores_of(np.array([[8, 0], [2, 0]]))
    assert scores.iou == pytest.approx([0.8, 0.0])
    assert np.isnan(scores.precision[1])
    assert scores.f1[1] == 0.0
    assert scores.mean_iou == scores.mean_iou_absent_as_zero == pytest.approx(0.4)
    assert scores.mean("precision") == pytest.approx(0.8)
    assert scores.mean("precision", absent_as_zero=True) == pytest.approx(0.4)


def test_a_class_that_occurs_nowhere_is_left_out_of_one_mean_and_0_in_the_other() -> None:
    scores = scores_of(np.array([[8, 0, 0], [2, 2, 0], [0, 0, 0]]))
    assert np.isnan(scores.iou[2])
    assert scores.mean_iou == pytest.approx((0.8 + 0.5) / 2)
    assert scores.mean_iou_absent_as_zero == pytest.approx((0.8 + 0.5) / 3)


def test_nothing_counted_gives_no_score_and_no_warning() -> None:
    scores = scores_of(np.zeros((2, 2), dtype=np.int64))
    assert scores.pixels == 0
    assert np.isnan([scores.overall_accuracy, scores.kappa, scores.mean_iou]).all()
    assert scores.mean_iou_absent_as_zero == 0.0


def test_stacked_matrices_give_stacked_scores() -> None:
    stack = np.array([[[5, 1], [0, 4]], [[2, 2], [2, 2]]])
    assert np.allclose(f1_of(stack), [f1_of(stack[0]), f1_of(stack[1])])


def test_ids_outside_the_classes_are_named() -> None:
    with pytest.raises(SchemeError, match=r"prediction holds ids .* 2 classes: 7, 9"):
        confusion_matrix(np.zeros(3, np.uint8), np.array([0, 7, 9], np.uint8), 2)


def test_maps_of_two_sizes_are_refused_with_both_sizes() -> None:
    with pytest.raises(SchemeError, match=r"\(2, 3\).*\(3, 2\)"):
        confusion_matrix(np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8), 2)
