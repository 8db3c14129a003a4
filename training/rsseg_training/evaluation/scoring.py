"""From logits of chips to the figures of a card."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.metrics import (
    Reliability,
    bootstrap_interval,
    confusion_matrix,
    f1_of,
    iou_of,
    precision_of,
    recall_of,
    softmax,
)
from napari_rsseg.registry.card import ClassMetric, Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

__all__ = ["ChipLogits", "Reading", "confusions_of", "evaluation_of"]


@dataclass(frozen=True)
class ChipLogits:
    """What a network said about a chip.

    Attributes
    ----------
    name : str
        Set and name.
    logits : ndarray, (K, H, W), float16 or float32
        Before temperature.
    labels : ndarray, (H, W), uint8
        Class ids of the reading, or 255.
    """

    name: str
    logits: npt.NDArray[np.floating]
    labels: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Reading:
    """How logits become labels.

    Attributes
    ----------
    classes : tuple of str
        Names of the classes compared.
    temperature : float
        Of the probabilities whose calibration is measured.
    threshold : float or None
        Of two classes: probability above which the second is called.
    groups : tuple of tuple of int
        Output channels that make up each class; empty: each its own.
    """

    classes: tuple[str, ...]
    temperature: float = 1.0
    threshold: float | None = None
    groups: tuple[tuple[int, ...], ...] = ()

    def probabilities(self, logits: npt.NDArray[np.floating], temperature: float) -> npt.NDArray[np.float64]:
        """Return probabilities (len(classes), H, W) of logits (K, H, W)."""
        found = softmax(logits.astype(np.float32) / temperature, axis=0)
        if not self.groups:
            return found
        return np.stack([found[list(members)].sum(axis=0) for members in self.groups])

    def labels(self, logits: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
        """Return class ids (H, W): the likeliest channel's class, or by the threshold."""
        probabilities = self.probabilities(logits, self.temperature)
        called = probabilities.argmax(axis=0) if self.threshold is None else probabilities[1] > self.threshold
        found: npt.NDArray[np.uint8] = called.astype(np.uint8)
        return found


def confusions_of(chips: Sequence[ChipLogits], reading: Reading) -> npt.NDArray[np.int64]:
    """Return a confusion matrix per chip, (N, K, K)."""
    return np.stack(
        [confusion_matrix(c.labels, reading.labels(c.logits), len(reading.classes)) for c in chips]
    )


def calibration_error(chips: Sequence[ChipLogits], reading: Reading, temperature: float) -> float:
    """Return the expected calibration error over all pixels of the chips."""
    reliability = Reliability()
    for chip in chips:
        reliability.add(reading.probabilities(chip.logits, temperature), chip.labels)
    return reliability.expected_calibration_error


def evaluation_of(
    dataset: str,
    confusions: npt.NDArray[np.int64],
    reading: Reading,
    *,
    trained_on: bool,
    calibration: tuple[float, float] | None = None,
    note: str = "",
) -> Evaluation:
    """Return the card's entry for one set.

    Parameters
    ----------
    dataset : str
        Set and split.
    confusions : ndarray, (S, N, K, K)
        Of S trainings on N images.
    reading : Reading
        Names of the K classes, and the threshold.
    trained_on : bool
        Whether other images of the set were trained on.
    calibration : (float, float) or None
        Expected calibration error before and after the temperature.
    note : str
        What a reader must know.
    """
    intervals = bootstrap_interval(confusions, iou_of)
    pooled = confusions.sum(axis=1)  # (S, K, K)
    means = {name: _mean(of(pooled)) for name, of in _SCORES.items()}
    per_class = {
        name: ClassMetric(
            iou=_number(intervals.value[k]),
            iou_low=_number(intervals.low[k]),
            iou_high=_number(intervals.high[k]),
            **{score: _number(values[k]) for score, values in means.items()},
        )
        for k, name in enumerate(reading.classes)
    }
    ious = iou_of(pooled)  # (S, K)
    # means over trainings; a class never predicted has IoU 0 in both, an absent one in the second only
    return Evaluation(
        dataset=dataset,
        trained_on=trained_on,
        images=confusions.shape[1],
        seeds=confusions.shape[0],
        per_class=per_class,
        mean_iou=_round(float(np.nanmean(ious))),
        mean_iou_absent_as_zero=_round(float(np.nan_to_num(ious).mean())),
        ece_before=None if calibration is None else _round(calibration[0]),
        ece_after=None if calibration is None else _round(calibration[1]),
        threshold=reading.threshold,
        confusion=tuple(tuple(int(v) for v in row) for row in pooled.sum(axis=0)),
        note=note,
    )


_SCORES: dict[str, Callable[[npt.NDArray[np.integer]], npt.NDArray[np.float64]]] = {
    "f1": f1_of,
    "precision": precision_of,
    "recall": recall_of,
}


def _mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean over trainings of defined values, NaN where none is."""
    counts = (~np.isnan(values)).sum(axis=0)
    total = np.nan_to_num(values).sum(axis=0)
    mean: npt.NDArray[np.float64] = np.full(total.shape, np.nan)
    np.divide(total, counts, out=mean, where=counts > 0)
    return mean


def _round(value: float) -> float:
    return round(value, 4)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else _round(float(value))
