"""Confusion matrices of label maps, and the scores that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.errors import SchemeError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["ClassScores", "confusion_matrix", "f1_of", "iou_of", "precision_of", "recall_of", "scores_of"]


def confusion_matrix(
    truth: npt.NDArray[np.generic],
    prediction: npt.NDArray[np.generic],
    classes: int,
    *,
    ignored: int = IGNORED,
) -> npt.NDArray[np.int64]:
    """Count pixels by true and predicted class.

    Parameters
    ----------
    truth, prediction : ndarray of one shape, integers
        Class ids from 0, or ``ignored``.
    classes : int
        Number of classes K.
    ignored : int
        Pixels with this id in either map are not counted.

    Returns
    -------
    ndarray, (K, K), int64
        Rows are truth, columns prediction.

    Raises
    ------
    SchemeError
        When the shapes differ, or an id is neither a class nor ``ignored``.
    """
    if truth.shape != prediction.shape:
        raise SchemeError(
            f"Truth has {truth.shape} pixels and prediction {prediction.shape}.",
            "Compare label maps of one grid.",
        )
    counted = (truth != ignored) & (prediction != ignored)
    true_ids = truth[counted].astype(np.int64)
    predicted_ids = prediction[counted].astype(np.int64)
    for name, ids in (("truth", true_ids), ("prediction", predicted_ids)):
        outside = np.unique(ids[(ids < 0) | (ids >= classes)])
        if outside.size:
            listed = ", ".join(str(value) for value in outside[:8])
            raise SchemeError(
                f"The {name} holds ids that are none of the {classes} classes: {listed}.",
                f"Map them to 0 to {classes - 1}, or to {ignored} to leave them out.",
            )
    counts = np.bincount(true_ids * classes + predicted_ids, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def _divided(
    numerator: npt.NDArray[np.integer], denominator: npt.NDArray[np.integer]
) -> npt.NDArray[np.float64]:
    result = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


def _parts(
    confusion: npt.NDArray[np.integer],
) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.integer], npt.NDArray[np.integer]]:
    """Return hits, labelled and predicted pixels per class of (..., K, K)."""
    return np.diagonal(confusion, axis1=-2, axis2=-1), confusion.sum(axis=-1), confusion.sum(axis=-2)


def iou_of(confusion: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Return intersection over union per class, (..., K) of (..., K, K); NaN for a class that is nowhere."""
    hits, labelled, predicted = _parts(confusion)
    return _divided(hits, labelled + predicted - hits)


def f1_of(confusion: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Return 2·hits / (labelled + predicted) per class (Dice): 0, not NaN, for a class never predicted."""
    hits, labelled, predicted = _parts(confusion)
    return _divided(2 * hits, labelled + predicted)


def precision_of(confusion: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Return hits / predicted per class; NaN where the class is never predicted."""
    hits, _, predicted = _parts(confusion)
    return _divided(hits, predicted)


def recall_of(confusion: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Return hits / labelled per class; NaN where the class is never labelled."""
    hits, labelled, _ = _parts(confusion)
    return _divided(hits, labelled)


def _mean(values: npt.NDArray[np.float64], *, absent_as_zero: bool) -> float:
    if absent_as_zero:
        return float(np.nan_to_num(values, nan=0.0).mean())
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else float("nan")


@dataclass(frozen=True)
class ClassScores:
    """Scores of one confusion matrix; undefined ones (0 / 0) are NaN.

    Attributes
    ----------
    confusion : ndarray, (K, K), int64
        Rows are truth, columns prediction.
    iou, f1, precision, recall : ndarray, (K,), float64
        Per class, 0 to 1.
    """

    confusion: npt.NDArray[np.int64]
    iou: npt.NDArray[np.float64]
    f1: npt.NDArray[np.float64]
    precision: npt.NDArray[np.float64]
    recall: npt.NDArray[np.float64]

    @property
    def pixels(self) -> int:
        """Number of pixels counted."""
        return int(self.confusion.sum())

    @property
    def overall_accuracy(self) -> float:
        """Share of pixels with the right class; NaN without pixels."""
        return float(np.trace(self.confusion)) / self.pixels if self.pixels else float("nan")

    @property
    def kappa(self) -> float:
        """Cohen's kappa (1960): agreement beyond chance; NaN where chance alone would agree everywhere."""
        if not self.pixels:
            return float("nan")
        shares = self.confusion / self.pixels
        chance = float(shares.sum(axis=1) @ shares.sum(axis=0))
        return (self.overall_accuracy - chance) / (1.0 - chance) if chance < 1.0 else float("nan")

    def mean(self, score: str, *, absent_as_zero: bool = False) -> float:
        """Return the mean over classes of ``iou``, ``f1``, ``precision`` or ``recall``.

        Parameters
        ----------
        score : {"iou", "f1", "precision", "recall"}
            Which one.
        absent_as_zero : bool
            False: classes whose score is undefined are left out; True: they count as 0.
        """
        return _mean(getattr(self, score), absent_as_zero=absent_as_zero)

    @property
    def mean_iou(self) -> float:
        """Mean IoU over the classes that occur."""
        return self.mean("iou")

    @property
    def mean_iou_absent_as_zero(self) -> float:
        """Mean IoU with classes that occur nowhere counted as 0."""
        return self.mean("iou", absent_as_zero=True)


def scores_of(confusion: npt.NDArray[np.int64]) -> ClassScores:
    """Return the scores of one confusion matrix, (K, K)."""
    return ClassScores(
        confusion=confusion,
        iou=iou_of(confusion),
        f1=f1_of(confusion),
        precision=precision_of(confusion),
        recall=recall_of(confusion),
    )
