"""Windows that together stand for all of them: greedy core-set (Sener and Savarese 2018, ICLR)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["farthest_first", "standardised"]


def standardised(features: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return features (N, D) with mean 0 and deviation 1 in each dimension; constant ones become 0."""
    values = np.asarray(features, dtype=np.float32)
    if not len(values):
        return values
    deviation = values.std(axis=0)
    centred = values - values.mean(axis=0)
    result: npt.NDArray[np.float32] = centred / np.where(deviation > 0, deviation, 1)
    return result


def farthest_first(
    features: npt.NDArray[np.floating],
    count: int | None = None,
    *,
    known: npt.NDArray[np.bool_] | None = None,
    weight: npt.NDArray[np.floating] | None = None,
) -> npt.NDArray[np.int64]:
    """Return places of windows so that each is the farthest from all before it.

    Parameters
    ----------
    features : ndarray, (N, D)
        One row per window; standardise them first.
    count : int, optional
        How many; default: all that are not known.
    known : ndarray, (N,), bool, optional
        Windows that were reviewed already: they repel, and are not returned.
    weight : ndarray, (N,), optional
        The distance of each is multiplied by this: worth seeing for other reasons. Without known windows the
        first one is the heaviest, or that nearest to the mean where none is given.

    Returns
    -------
    ndarray, (count,), int64
        Each step costs N x D: take a few hundred of many thousand.
    """
    values = np.asarray(features, dtype=np.float32)
    seen = np.zeros(len(values), dtype=np.bool_) if known is None else known.copy()
    left = int((~seen).sum())
    wanted = left if count is None else min(count, left)
    worth = np.ones(len(values)) if weight is None else np.asarray(weight, dtype=np.float64)
    nearest = np.full(len(values), np.inf)
    for place in np.flatnonzero(seen):
        nearest = np.minimum(nearest, _distances(values, int(place)))
    chosen: list[int] = []
    for _ in range(wanted):
        index = _next(values, nearest, worth, seen, is_weighted=weight is not None)
        seen[index] = True
        chosen.append(index)
        nearest = np.minimum(nearest, _distances(values, index))
    return np.array(chosen, dtype=np.int64)


def _next(
    values: npt.NDArray[np.float32],
    nearest: npt.NDArray[np.float64],
    worth: npt.NDArray[np.float64],
    seen: npt.NDArray[np.bool_],
    *,
    is_weighted: bool,
) -> int:
    if seen.any():
        score = nearest * worth
    elif is_weighted:
        score = worth
    else:
        score = -((values - values.mean(axis=0)) ** 2).sum(axis=1).astype(np.float64)
    return int(np.argmax(np.where(seen, -np.inf, score)))


def _distances(values: npt.NDArray[np.float32], index: int) -> npt.NDArray[np.float64]:
    distances: npt.NDArray[np.float64] = np.sqrt(
        ((values - values[index]) ** 2).sum(axis=1, dtype=np.float64)
    )
    return distances
