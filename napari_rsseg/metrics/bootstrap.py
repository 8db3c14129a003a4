"""Intervals of scores by drawing images with replacement (Efron 1979)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Statistic = Callable[[npt.NDArray[np.integer]], npt.NDArray[np.float64]]

__all__ = ["Interval", "bootstrap_difference", "bootstrap_interval"]


@dataclass(frozen=True)
class Interval:
    """A statistic of the pooled images with its percentile interval.

    Attributes
    ----------
    value, low, high : ndarray, one shape, float64
        NaN where the statistic is undefined on the pooled images; ends leave out resamples where it is.
    """

    value: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


def _draws(images: int, *, resamples: int, seed: int) -> npt.NDArray[np.int64]:
    """Return how often each image is drawn, (resamples, images)."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(images, np.full(images, 1.0 / images), size=resamples).astype(np.int64)


def _resampled(
    confusions: npt.NDArray[np.integer], draws: npt.NDArray[np.int64], statistic: Statistic
) -> npt.NDArray[np.float64]:
    """Return the statistic of each resample, averaged over seeds, (resamples, ...)."""
    by_seed = confusions if confusions.ndim == 4 else confusions[None]  # (S, N, K, K)
    pooled = np.einsum("rn,snij->srij", draws, by_seed.astype(np.int64))
    values = statistic(pooled)  # (S, R, ...)
    mean: npt.NDArray[np.float64] = values.mean(axis=0)
    return mean


def _interval(value: npt.NDArray[np.float64], samples: npt.NDArray[np.float64], level: float) -> Interval:
    low, high = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    for index in np.ndindex(value.shape):
        defined = samples[(slice(None), *index)]
        defined = defined[~np.isnan(defined)]
        if defined.size and not np.isnan(value[index]):
            low[index], high[index] = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value=value, low=low, high=high)


def bootstrap_interval(
    confusions: npt.NDArray[np.integer],
    statistic: Statistic,
    *,
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Return a statistic of pooled confusion matrices and its interval over images.

    Parameters
    ----------
    confusions : ndarray, (N, K, K) or (S, N, K, K), integers
        One matrix per image; with a leading axis, of S trainings on the same images, whose statistics are
        averaged.
    statistic : callable
        Maps (..., K, K) to (..., *shape), for example ``confusion.iou_of``.
    resamples, seed : int
        Number of draws of N images, and the seed of the generator.
    level : float
        Share of resamples inside the interval.
    """
    once = np.ones((1, confusions.shape[-3]), dtype=np.int64)
    value = _resampled(confusions, once, statistic)[0]
    draws = _draws(confusions.shape[-3], resamples=resamples, seed=seed)
    return _interval(np.asarray(value), _resampled(confusions, draws, statistic), level)


def bootstrap_difference(
    confusions: npt.NDArray[np.integer],
    others: npt.NDArray[np.integer],
    statistic: Statistic,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return ``statistic(confusions) - statistic(others)`` with its 95 % interval, paired by image.

    Parameters
    ----------
    confusions, others : ndarray, (N, K, K) or (S, N, K, K), integers
        Matrices of two models on the same images in the same order.
    statistic, resamples, seed
        As in ``bootstrap_interval``; both models see the same draws.
    """
    images = confusions.shape[-3]
    if others.shape[-3] != images:
        raise ValueError(f"{images} and {others.shape[-3]} images cannot be paired")
    once = np.ones((1, images), dtype=np.int64)
    draws = _draws(images, resamples=resamples, seed=seed)
    value = _resampled(confusions, once, statistic)[0] - _resampled(others, once, statistic)[0]
    samples = _resampled(confusions, draws, statistic) - _resampled(others, draws, statistic)
    return _interval(np.asarray(value), samples, 0.95)
