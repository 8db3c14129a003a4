"""How far annotators agree on the same pixels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.errors import DatasetError
from napari_rsseg.metrics import boundary_f1, confusion_matrix, scores_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

__all__ = ["PairAgreement", "agreement_of", "disagreement", "fleiss_kappa", "pair_agreement", "votes_of"]


@dataclass(frozen=True, eq=False)
class PairAgreement:
    """Two annotators on the same pixels; where one is adjudicated truth, a score of the other.

    Attributes
    ----------
    first, second : str
        Who.
    confusion : ndarray, (K, K), int64
        Rows are the first, columns the second.
    kappa : float
        Cohen's kappa (1960): agreement beyond chance.
    iou : ndarray, (K,), float64
        Intersection over union per class; NaN for a class that neither has.
    outlines : ndarray, (K,), float64
        Boundary F1 per class, mean over the windows that have its outline.
    """

    first: str
    second: str
    confusion: npt.NDArray[np.int64]
    kappa: float
    iou: npt.NDArray[np.float64]
    outlines: npt.NDArray[np.float64]

    @property
    def overall(self) -> float:
        """Share of pixels on which both say the same."""
        return scores_of(self.confusion).overall_accuracy


def pair_agreement(
    first: tuple[str, Sequence[npt.NDArray[np.uint8]]],
    second: tuple[str, Sequence[npt.NDArray[np.uint8]]],
    classes: int,
    *,
    tolerance_px: float = 2.0,
) -> PairAgreement:
    """Compare two annotators, each a name and the labels (H, W) of the same windows in the same order.

    Raises
    ------
    SchemeError
        When a pair of windows differs in size, or an id is no class.
    """
    confusion = np.zeros((classes, classes), dtype=np.int64)
    outlines: list[npt.NDArray[np.float64]] = []
    for one, other in zip(first[1], second[1], strict=True):
        confusion += confusion_matrix(one, other, classes)
        outlines.append(boundary_f1(one, other, classes, tolerance_px=tolerance_px))
    scores = scores_of(confusion)
    return PairAgreement(first[0], second[0], confusion, scores.kappa, scores.iou, _means(outlines, classes))


def _means(rows: list[npt.NDArray[np.float64]], classes: int) -> npt.NDArray[np.float64]:
    if not rows:
        return np.full(classes, np.nan)
    table = np.stack(rows)
    known = ~np.isnan(table)
    mean = np.full(classes, np.nan)
    np.divide(np.nansum(table, axis=0), known.sum(axis=0), out=mean, where=known.any(axis=0))
    return mean


def agreement_of(
    labels: Mapping[str, Sequence[npt.NDArray[np.uint8]]], classes: int
) -> tuple[tuple[PairAgreement, ...], float]:
    """Return the agreement of every pair of annotators, and Fleiss' kappa of all.

    Parameters
    ----------
    labels : mapping of str to sequence of ndarray (H, W), uint8
        By annotator, the labels of the same windows in the same order.
    classes : int
        Number of classes.

    Raises
    ------
    DatasetError
        When there are fewer than two annotators.
    """
    if len(labels) < 2:
        raise DatasetError(
            f"Agreement was asked of {', '.join(labels) or 'nobody'}.", "Give the labels of two annotators."
        )
    pairs = tuple(
        pair_agreement((first, labels[first]), (second, labels[second]), classes)
        for first, second in combinations(labels, 2)
    )
    return pairs, fleiss_kappa(votes_of(tuple(labels.values()), classes))


def votes_of(labels: Sequence[Sequence[npt.NDArray[np.uint8]]], classes: int) -> npt.NDArray[np.int64]:
    """Return how many annotators say each class, (N, K), of the N pixels about which all say something."""
    votes = []
    for windows in zip(*labels, strict=True):
        stack = np.stack([window.ravel() for window in windows])
        said = stack[:, (stack != IGNORED).all(axis=0)]
        votes.append(np.stack([(said == label).sum(axis=0) for label in range(classes)], axis=1))
    return np.concatenate(votes) if votes else np.zeros((0, classes), dtype=np.int64)


def fleiss_kappa(votes: npt.NDArray[np.integer]) -> float:
    """Return Fleiss' kappa (1971) of votes (N, K), each row with the same number of raters.

    NaN without rows, or where chance alone would agree everywhere.
    """
    if not len(votes):
        return float("nan")
    raters = int(votes[0].sum())
    counts = votes.astype(np.float64)
    agreed = (counts**2).sum(axis=1) - raters
    observed = float(agreed.mean()) / (raters * (raters - 1))
    chance = float(((counts.sum(axis=0) / counts.sum()) ** 2).sum())
    return (observed - chance) / (1 - chance) if chance < 1 else float("nan")


def disagreement(labels: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.bool_]:
    """Return where annotators of one window (H, W) say different classes; False where one says nothing."""
    stack = np.stack(list(labels))
    said = (stack != IGNORED).all(axis=0)
    differs: npt.NDArray[np.bool_] = said & (stack != stack[0]).any(axis=0)
    return differs
