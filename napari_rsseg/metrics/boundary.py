"""How well the outlines of two label maps agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["boundary_f1"]


def boundary_f1(
    truth: npt.NDArray[np.uint8],
    prediction: npt.NDArray[np.uint8],
    classes: int,
    *,
    tolerance_px: float = 2.0,
) -> npt.NDArray[np.float64]:
    """Return the F1 score of the outlines of each class (Csurka et al. 2013, BMVC).

    Precision is the share of predicted outline pixels that lie within the tolerance of a true outline, recall
    the reverse. Pixels that either map ignores are in no outline.

    Parameters
    ----------
    truth, prediction : ndarray, (H, W), uint8
        Class ids from 0, or 255.
    classes : int
        Number of classes K.
    tolerance_px : float
        Largest distance in pixels that counts as the same place.

    Returns
    -------
    ndarray, (K,), float64
        0 to 1; NaN for a class with no outline in either map.
    """
    counted = (truth != IGNORED) & (prediction != IGNORED)
    scores = np.full(classes, np.nan)
    for label in range(classes):
        true_edge = _outline(truth == label, counted)
        predicted_edge = _outline(prediction == label, counted)
        total = int(true_edge.sum()), int(predicted_edge.sum())
        if not any(total):
            continue
        if not all(total):
            scores[label] = 0.0
            continue
        recall = _share_near(true_edge, predicted_edge, tolerance_px)
        precision = _share_near(predicted_edge, true_edge, tolerance_px)
        scores[label] = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return scores


def _outline(mask: npt.NDArray[np.bool_], counted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the pixels of a mask beside a counted pixel outside it; the frame is no outline."""
    outside = counted & ~mask
    beside = np.zeros_like(mask)
    beside[1:] |= outside[:-1]
    beside[:-1] |= outside[1:]
    beside[:, 1:] |= outside[:, :-1]
    beside[:, :-1] |= outside[:, 1:]
    return mask & counted & beside


def _share_near(edge: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_], tolerance_px: float) -> float:
    from scipy.ndimage import distance_transform_edt

    distance = distance_transform_edt(~other)
    return float((distance[edge] <= tolerance_px).mean())
