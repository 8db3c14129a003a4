"""Probable misses: places that the prediction gives to one class though they look like another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.review.evidence import SHARES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["CellLabels", "cell_labels", "miss_scores"]

_SURE = 0.9  # a cell of at least this confidence shows what its class looks like
_PURE = 0.9
_LEAST_CELLS = 8


@dataclass(frozen=True, eq=False)
class CellLabels:
    """What is predicted in the cells of a window, in the order of its features.

    Attributes
    ----------
    label : ndarray, (M,), uint8
        Most frequent class of each cell; 255 where nothing is said.
    purity : ndarray, (M,), float32
        Its share of the cell.
    confidence : ndarray, (M,), float32
        Mean confidence, 0 to 1.
    """

    label: npt.NDArray[np.uint8]
    purity: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]


def cell_labels(
    labels: npt.NDArray[np.uint8],
    confidence: npt.NDArray[np.uint8],
    classes: int,
    grid: tuple[int, int],
) -> CellLabels:
    """Return what is predicted in each cell of a window, cut evenly into rows and columns of cells.

    Parameters
    ----------
    labels, confidence : ndarray, (H, W), uint8
        As a prediction store holds them.
    classes : int
        Number of classes.
    grid : (int, int)
        Rows and columns of cells.
    """
    height, width = labels.shape
    row = np.arange(height) * grid[0] // max(height, 1)
    column = np.arange(width) * grid[1] // max(width, 1)
    cell = row[:, None] * grid[1] + column[None]
    cells = grid[0] * grid[1]
    said = labels != IGNORED
    counts = np.stack(
        [np.bincount(cell[labels == label], minlength=cells) for label in range(classes)], axis=1
    )
    total = np.maximum(counts.sum(axis=1), 1)
    sure = np.bincount(cell[said], weights=confidence[said] / SHARES, minlength=cells) / total
    best = counts.argmax(axis=1).astype(np.uint8)
    best[counts.sum(axis=1) == 0] = IGNORED
    return CellLabels(best, (counts.max(axis=1) / total).astype(np.float32), sure.astype(np.float32))


def miss_scores(
    features: Sequence[npt.NDArray[np.floating]], cells: Sequence[CellLabels], classes: int
) -> npt.NDArray[np.float64]:
    """Return how much of each window is probably of another class than predicted.

    Pure cells of high confidence show what each class looks like; a linear discriminant learnt from them
    judges every cell. The score is the mean, over the cells of the window, of the probability of the classes
    that are not predicted there.

    Parameters
    ----------
    features : sequence of ndarray (M, D)
        Encoder features of the cells of each window.
    cells : sequence of CellLabels
        What is predicted there, in the same order.
    classes : int
        Number of classes.

    Returns
    -------
    ndarray, (N,), float64
        0 to 1; all 0 where fewer than two classes have pure and sure cells.
    """
    if not len(features):
        return np.zeros(0)
    table = np.concatenate([np.asarray(one, dtype=np.float64) for one in features])
    label = np.concatenate([one.label for one in cells])
    purity = np.concatenate([one.purity for one in cells])
    confidence = np.concatenate([one.confidence for one in cells])
    shown = (purity >= _PURE) & (confidence >= _SURE) & (label != IGNORED)
    known = [number for number in range(classes) if (shown & (label == number)).sum() >= _LEAST_CELLS]
    owner = np.repeat(np.arange(len(features)), [len(one) for one in features])
    if len(known) < 2:
        return np.zeros(len(features))
    likely = _discriminant(table, label, shown, known)
    said = label != IGNORED
    own = np.zeros(len(label))
    for place, number in enumerate(known):
        own = np.where(label == number, likely[:, place], own)
    other = np.where(said & np.isin(label, known), 1 - own, 0.0)
    counted = np.maximum(np.bincount(owner[said], minlength=len(features)), 1)
    scores: npt.NDArray[np.float64] = np.bincount(owner, weights=other, minlength=len(features)) / counted
    return scores


def _discriminant(
    table: npt.NDArray[np.float64],
    label: npt.NDArray[np.uint8],
    shown: npt.NDArray[np.bool_],
    known: list[int],
) -> npt.NDArray[np.float64]:
    """Return the probability of each known class, (cells, classes), of a linear discriminant.

    Classes have one covariance, shrunk towards a sphere, and weigh the same, so that a rare one is not
    argued away.
    """
    means = np.stack([table[shown & (label == number)].mean(axis=0) for number in known])
    rest = np.concatenate(
        [table[shown & (label == number)] - mean for number, mean in zip(known, means, strict=True)]
    )
    covariance = rest.T @ rest / len(rest)
    size = len(covariance)
    ridge = 0.1 * np.trace(covariance) / size + np.finfo(np.float64).tiny
    directions = np.linalg.solve(0.9 * covariance + ridge * np.eye(size), means.T)  # (D, classes)
    logits = table @ directions - 0.5 * (means * directions.T).sum(axis=1)
    logits -= logits.max(axis=1, keepdims=True)
    odds = np.exp(logits)
    result: npt.NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return result
