"""Arrays in, numbers out."""

from napari_rsseg.metrics.bootstrap import Interval, bootstrap_difference, bootstrap_interval
from napari_rsseg.metrics.boundary import boundary_f1
from napari_rsseg.metrics.calibration import (
    Reliability,
    expected_calibration_error,
    fit_temperature,
    logit_bias_of_threshold,
    softmax,
)
from napari_rsseg.metrics.confusion import (
    ClassScores,
    confusion_matrix,
    f1_of,
    iou_of,
    precision_of,
    recall_of,
    scores_of,
)

__all__ = [
    "ClassScores",
    "Interval",
    "Reliability",
    "bootstrap_difference",
    "bootstrap_interval",
    "boundary_f1",
    "confusion_matrix",
    "expected_calibration_error",
    "f1_of",
    "fit_temperature",
    "iou_of",
    "logit_bias_of_threshold",
    "precision_of",
    "recall_of",
    "scores_of",
    "softmax",
]
