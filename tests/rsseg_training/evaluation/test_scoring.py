from __future__ import annotations

import numpy as np
import pytest

from rsseg_training.evaluation.scoring import (
    ChipLogits,
    Reading,
    calibration_error,
    confusions_of,
    evaluation_of,
)
from rsseg_training.evaluation.views import read_labels_as, reading_of
from rsseg_training.sampling import ANY_CLOUD, NO_CLOUD

CLOUD = ("clear", "cloud shadow", "thin cloud", "cloud")


def logits_of(labels: np.ndarray, classes: int, gain: float = 8.0) -> np.ndarray:
    logits: np.ndarray = np.eye(classes, dtype=np.float32)[labels] * gain
    return logits.transpose(2, 0, 1)


def test_a_threshold_moves_the_border_between_two_classes() -> None:
    logits = np.stack([np.zeros((1, 3)), np.array([[-2.0, -0.5, 1.0]])]).astype(np.float32)
    assert Reading(("a", "b")).labels(logits).tolist() == [[0, 0, 1]]
    assert Reading(("a", "b"), threshold=0.3).labels(logits).tolist() == [[0, 1, 1]]


def test_temperature_changes_no_label_but_the_confidence() -> None:
    truth = np.array([[0, 1], [1, 0]], dtype=np.uint8)
    logits = logits_of(np.array([[0, 1], [1, 1]]), 2)
    chips = [ChipLogits("x", logits, truth)]
    sharp, soft = Reading(("a", "b")), Reading(("a", "b"), temperature=8 / np.log(3))
    assert (sharp.labels(logits) == soft.labels(logits)).all()
    # three of four right at a confidence of exactly 3/4
    assert calibration_error(chips, soft, soft.temperature) == pytest.approx(0, abs=1e-6)
    assert calibration_error(chips, sharp, 1.0) == pytest.approx(0.25, abs=1e-3)


def test_any_cloud_puts_classes_and_groups_together() -> None:
    reading = reading_of(CLOUD, "any cloud", 1.0, None)
    labels = np.array([[0, 1, 2, 3, NO_CLOUD, ANY_CLOUD, 255]], dtype=np.uint8)
    assert read_labels_as("any cloud", labels, "x").tolist() == [[0, 0, 1, 1, 0, 1, 255]]
    assert reading.labels(logits_of(np.array([[0, 1, 2, 3]]), 4)).tolist() == [[0, 0, 1, 1]]


def test_a_set_of_two_classes_cannot_be_read_as_four() -> None:
    with pytest.raises(ValueError, match="any cloud"):
        read_labels_as("classes", np.array([[NO_CLOUD]], dtype=np.uint8), "x")


def test_figures_are_means_over_trainings_and_means_are_stated_both_ways() -> None:
    truth = np.array([[0, 0, 1, 1]], dtype=np.uint8)
    right = confusions_of([ChipLogits("x", logits_of(truth, 3), truth)], Reading(("a", "b", "c")))
    wrong = confusions_of([ChipLogits("x", logits_of(1 - truth, 3), truth)], Reading(("a", "b", "c")))
    entry = evaluation_of("x/test", np.stack([right, wrong]), Reading(("a", "b", "c")), trained_on=False)
    assert (entry.images, entry.seeds) == (1, 2)
    assert entry.per_class["a"].iou == 0.5
    assert entry.per_class["c"].iou is None
    assert entry.mean_iou == 0.5
    assert entry.mean_iou_absent_as_zero == pytest.approx(1 / 3, abs=1e-4)
    assert entry.confusion == ((2, 2, 0), (2, 2, 0), (0, 0, 0))
