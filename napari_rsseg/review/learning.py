"""How wrong the windows still to be seen probably are, learnt from those that were reviewed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.review.diversity import standardised

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["WindowTraits", "expected_errors"]

REMEMBERED = 1500
"""The latest reviewed windows that are learnt from."""
_FEW = 15  # below this many, the doubt of the model is taken as it is
_AXES = 16  # principal axes of the encoder's features
_ROWS = 4096  # windows judged at once

# variances of what the wrong share of a window has in common with others, as shares of pixels squared; chosen
# on the labelled sets by the number of windows to review, and flat around these values
_LOOKS, _LOOKS_LENGTH = 0.10, 0.7
_SAYS, _SAYS_LENGTH = 0.05, 1.0
_SCENE, _NEIGHBOUR, _NEIGHBOUR_LENGTH = 0.05, 0.10, 1.0
_ALL, _NOISE = 0.05, 0.02


@dataclass(frozen=True, eq=False)
class WindowTraits:
    """What is known of windows before anybody looks at them.

    Attributes
    ----------
    doubt : ndarray, (N,)
        Share of the pixels that the model expects to be wrong.
    said : ndarray, (N, P)
        What the prediction says, in numbers: doubt, mixture, shares of classes …
    looks : ndarray, (N, D)
        Encoder features, mean over the window; D may be 0.
    scene : ndarray, (N,), integers
        Number of its scene.
    place : ndarray, (N, 2)
        Row and column of its corner in window sides.
    """

    doubt: npt.NDArray[np.floating]
    said: npt.NDArray[np.floating]
    looks: npt.NDArray[np.floating]
    scene: npt.NDArray[np.integer]
    place: npt.NDArray[np.floating]


def expected_errors(
    traits: WindowTraits, seen: npt.NDArray[np.integer], wrong: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Return the share of pixels expected to be wrong in each window.

    A Gaussian process (Rasmussen and Williams 2006, algorithm 2.1): the mean is a line through the doubt of
    the model, and windows have errors in common that look alike, about which the prediction says the like,
    that lie side by side, or in one scene.

    Parameters
    ----------
    traits : WindowTraits
        Of all windows.
    seen : ndarray, (M,), integers
        Places of the reviewed windows, in order of review; the latest 1500 count.
    wrong : ndarray, (M,)
        Share of the pixels of each that were wrong.

    Returns
    -------
    ndarray, (N,), float64
        Not clipped: only the order matters. The doubt itself where nothing was reviewed.
    """
    doubt = np.asarray(traits.doubt, dtype=np.float64)
    if not len(seen):
        return doubt
    known, shares = seen[-REMEMBERED:], np.asarray(wrong, dtype=np.float64)[-REMEMBERED:]
    mean = _line(doubt, known, shares)
    looks, said = _principal(traits.looks), standardised(traits.said)
    inner = _common(traits, looks, said, known, known) + _NOISE * np.eye(len(known))
    weights = np.linalg.solve(inner, shares - mean[known])
    result = mean.copy()
    for start in range(0, len(doubt), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(doubt)))
        result[rows] += _common(traits, looks, said, rows, known) @ weights
    return result


def _line(
    doubt: npt.NDArray[np.float64], known: npt.NDArray[np.integer], shares: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    if len(known) < _FEW or not np.ptp(doubt[known]) > 0:
        return doubt.copy()
    slope, offset = np.polyfit(doubt[known], shares, 1)
    line: npt.NDArray[np.float64] = slope * doubt + offset
    return line


def _principal(features: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the strongest directions of features, (N, at most 16), of deviation 1 on average."""
    values = standardised(features).astype(np.float64)
    if not values.size:
        return np.zeros((len(values), 1))
    _, directions = np.linalg.eigh(values.T @ values)
    axes = values @ directions[:, ::-1][:, :_AXES]
    result: npt.NDArray[np.float64] = axes / max(float(axes.std()), np.finfo(np.float64).tiny)
    return result


def _common(
    traits: WindowTraits,
    looks: npt.NDArray[np.float64],
    said: npt.NDArray[np.floating],
    rows: npt.NDArray[np.integer],
    columns: npt.NDArray[np.integer],
) -> npt.NDArray[np.float64]:
    """Return the covariance of the errors of windows, (rows, columns)."""
    same_scene = traits.scene[rows][:, None] == traits.scene[columns][None]
    steps = np.abs(traits.place[rows][:, None] - traits.place[columns][None]).max(axis=-1)
    beside = np.exp(-steps / _NEIGHBOUR_LENGTH)
    result: npt.NDArray[np.float64] = (
        _LOOKS * _alike(looks[rows], looks[columns], _LOOKS_LENGTH)
        + _SAYS * _alike(said[rows], said[columns], _SAYS_LENGTH)
        + same_scene * (_SCENE + _NEIGHBOUR * beside)
        + _ALL
    )
    return result


def _alike(
    first: npt.NDArray[np.floating], second: npt.NDArray[np.floating], length: float
) -> npt.NDArray[np.float64]:
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)[None] - 2 * first @ second.T
    scale = 2 * max(first.shape[1], 1) * length**2
    result: npt.NDArray[np.float64] = np.exp(-np.maximum(squares, 0) / scale).astype(np.float64)
    return result
