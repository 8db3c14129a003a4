"""How far a confidence can be believed, and the temperature that mends it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "Reliability",
    "expected_calibration_error",
    "fit_temperature",
    "logit_bias_of_threshold",
    "negative_log_likelihood",
    "softmax",
]

_LOG_TEMPERATURE_BOUND = 4.0  # temperatures from 0.018 to 55


def softmax(logits: npt.NDArray[np.floating], *, axis: int = -1) -> npt.NDArray[np.float64]:
    """Return probabilities of logits along an axis."""
    shifted = logits.astype(np.float64) - logits.max(axis=axis, keepdims=True)
    exponentials = np.exp(shifted)
    result: npt.NDArray[np.float64] = exponentials / exponentials.sum(axis=axis, keepdims=True)
    return result


@dataclass
class Reliability:
    """Counts per confidence bin, summed image by image.

    Parameters
    ----------
    bins : int
        Number of equally wide bins of 0 to 1; a confidence on a border falls into the lower one.
    """

    bins: int = 15
    pixels: npt.NDArray[np.int64] = field(init=False, repr=False)
    hits: npt.NDArray[np.int64] = field(init=False, repr=False)
    confidence: npt.NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.pixels = np.zeros(self.bins, dtype=np.int64)
        self.hits = np.zeros(self.bins, dtype=np.int64)
        self.confidence = np.zeros(self.bins, dtype=np.float64)

    def add(self, probabilities: npt.NDArray[np.floating], truth: npt.NDArray[np.integer]) -> None:
        """Count pixels.

        Parameters
        ----------
        probabilities : ndarray, (K, ...), 0 to 1
            Classes first.
        truth : ndarray, (...), integers
            Class ids; 255 is not counted.
        """
        counted = truth != IGNORED
        confidence = probabilities.max(axis=0)[counted].astype(np.float64)
        hits = probabilities.argmax(axis=0)[counted] == truth[counted]
        bins = np.clip(np.ceil(confidence * self.bins).astype(np.int64) - 1, 0, self.bins - 1)
        self.pixels += np.bincount(bins, minlength=self.bins)
        self.hits += np.bincount(bins, weights=hits, minlength=self.bins).astype(np.int64)
        self.confidence += np.bincount(bins, weights=confidence, minlength=self.bins)

    @property
    def expected_calibration_error(self) -> float:
        """Mean gap of confidence and accuracy over bins, weighted by pixels (Guo et al. 2017, eq. 3)."""
        total = int(self.pixels.sum())
        return float(np.abs(self.hits - self.confidence).sum() / total) if total else float("nan")


def expected_calibration_error(
    probabilities: npt.NDArray[np.floating], truth: npt.NDArray[np.integer], *, bins: int = 15
) -> float:
    """Return the expected calibration error of (K, ...) probabilities against (...) class ids, 0 to 1."""
    reliability = Reliability(bins)
    reliability.add(probabilities, truth)
    return reliability.expected_calibration_error


def negative_log_likelihood(
    logits: npt.NDArray[np.floating], truth: npt.NDArray[np.integer], *, temperature: float = 1.0
) -> float:
    """Return the mean of -log softmax(logits / temperature)[truth] over (N, K) logits and (N,) ids."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(scaled).sum(axis=1))
    return float((log_sum - scaled[np.arange(truth.size), truth]).mean())


def fit_temperature(logits: npt.NDArray[np.floating], truth: npt.NDArray[np.integer]) -> float:
    """Return the temperature with the largest likelihood (Guo et al. 2017, section 4.2).

    Parameters
    ----------
    logits : ndarray, (N, K)
        One row per pixel.
    truth : ndarray, (N,), integers
        Class ids; rows with 255 are left out. Without any other row the temperature is 1.
    """
    from scipy.optimize import minimize_scalar

    counted = truth != IGNORED
    if not counted.any():
        return 1.0
    kept_logits, kept_truth = logits[counted], truth[counted].astype(np.int64)
    found = minimize_scalar(
        lambda log_t: negative_log_likelihood(kept_logits, kept_truth, temperature=math.exp(log_t)),
        bounds=(-_LOG_TEMPERATURE_BOUND, _LOG_TEMPERATURE_BOUND),
        method="bounded",
        options={"xatol": 1e-4},
    )
    return math.exp(float(found.x))


def logit_bias_of_threshold(threshold: float) -> tuple[float, float]:
    """Return the biases of two classes that call the second one exactly where p > threshold (0 to 1)."""
    if not 0.0 < threshold < 1.0:
        raise ValueError(f"threshold {threshold} is not between 0 and 1")
    return 0.0, math.log((1.0 - threshold) / threshold)
