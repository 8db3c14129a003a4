"""What a stored prediction says about a window, as a few numbers from which every order is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from napari_rsseg.engine.results import PredictionStore
    from napari_rsseg.scenes.windows import Window

__all__ = ["SHARES", "WindowEvidence", "evidence_of", "measure_window"]

SHARES = 250
"""Confidence and margin come in shares of this."""


@dataclass(frozen=True, eq=False)
class WindowEvidence:
    """One window of a prediction, in numbers.

    Attributes
    ----------
    pixels : int
        Pixels with a prediction.
    doubt : float
        Mean of 1 - probability of the label: the share of pixels expected to be wrong.
    closeness : float
        Mean of 1 - margin between the two most probable classes.
    dispute : float
        Mean doubt raised by another prediction of the window (another model, or the mean of eight
        orientations): 1 where labels differ, else the difference of the two confidences; 0 without one.
    classes : ndarray, (K,), float64
        Share of the pixels of each predicted class.
    impurity : float
        Entropy of those shares divided by log K, 0 to 1: how many classes meet in the window.
    """

    pixels: int
    doubt: float
    closeness: float
    dispute: float
    classes: npt.NDArray[np.float64]
    impurity: float


def measure_window(
    labels: npt.NDArray[np.uint8],
    confidence: npt.NDArray[np.uint8],
    margin: npt.NDArray[np.uint8],
    classes: int,
    other: tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]] | None = None,
) -> WindowEvidence:
    """Return what a prediction says about a window.

    Parameters
    ----------
    labels, confidence, margin : ndarray, (H, W), uint8
        As a prediction store holds them: class ids, shares of 250; 255 where nothing is said.
    classes : int
        Number of classes K.
    other : (labels, confidence), optional
        Another prediction of the same window.
    """
    said = labels != IGNORED
    pixels = int(said.sum())
    if not pixels:
        return WindowEvidence(0, 0.0, 0.0, 0.0, np.zeros(classes), 0.0)
    shares = np.bincount(labels[said], minlength=classes)[:classes] / pixels
    present = shares[shares > 0]
    entropy = float(-(present * np.log(present)).sum())
    return WindowEvidence(
        pixels=pixels,
        doubt=1 - float(confidence[said].mean(dtype=np.float64)) / SHARES,
        closeness=1 - float(margin[said].mean(dtype=np.float64)) / SHARES,
        dispute=0.0 if other is None else _dispute(labels, confidence, *other),
        classes=shares,
        impurity=entropy / float(np.log(classes)) if classes > 1 else 0.0,
    )


def _dispute(
    labels: npt.NDArray[np.uint8],
    confidence: npt.NDArray[np.uint8],
    other_labels: npt.NDArray[np.uint8],
    other_confidence: npt.NDArray[np.uint8],
) -> float:
    both = (labels != IGNORED) & (other_labels != IGNORED)
    if not both.any():
        return 0.0
    apart = np.abs(confidence[both].astype(np.float64) - other_confidence[both]) / SHARES
    return float(np.where(labels[both] != other_labels[both], 1.0, apart).mean())


def evidence_of(
    store: PredictionStore, windows: Sequence[Window], other: PredictionStore | None = None
) -> list[WindowEvidence]:
    """Return what a prediction says about each of many windows, read one by one.

    Parameters
    ----------
    store : PredictionStore
        The prediction.
    windows : sequence of Window
        Inside the scene.
    other : PredictionStore, optional
        Another model's, or the same model's mean over eight orientations.

    Raises
    ------
    EngineError
        When a store is damaged.
    """
    return [
        measure_window(
            store.read_labels(window),
            store.read_confidence(window),
            store.read_margin(window),
            store.layout.classes,
            None if other is None else (other.read_labels(window), other.read_confidence(window)),
        )
        for window in windows
    ]
