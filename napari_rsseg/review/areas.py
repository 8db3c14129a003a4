"""Class areas that account for the errors of the map, with confidence intervals.

Olofsson et al. 2014, "Good practices for estimating area and assessing accuracy of land change", Remote
Sensing of Environment 148:42-57, equations 1 to 11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.errors import DatasetError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["AreaEstimate", "Share", "estimate_areas"]

Z_95 = 1.96


@dataclass(frozen=True)
class Share:
    """An estimate and half the width of its 95 % interval."""

    value: float
    half_width: float

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.value - self.half_width

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.value + self.half_width


@dataclass(frozen=True, eq=False)
class AreaEstimate:
    """Accuracies and areas of a map, estimated from a stratified sample.

    Attributes
    ----------
    mapped : ndarray, (K,), float64
        Area of each class on the map, in the unit given.
    areas : tuple of Share, one per class
        Error-adjusted area in the same unit (equations 9 to 11); NaN where a mapped class has no sample.
    users, producers : tuple of Share, one per class
        Share of the mapped class that is right (equations 2 and 6); share of the true class that is mapped
        (3 and 7).
    overall : Share
        Share of the whole area that is right (equations 1 and 5).
    samples : ndarray, (K, K), int64
        The counts: rows map, columns reference.
    """

    mapped: npt.NDArray[np.float64]
    areas: tuple[Share, ...]
    users: tuple[Share, ...]
    producers: tuple[Share, ...]
    overall: Share
    samples: npt.NDArray[np.int64]


def estimate_areas(
    samples: npt.NDArray[np.integer], mapped: npt.NDArray[np.floating] | npt.NDArray[np.integer]
) -> AreaEstimate:
    """Estimate areas and accuracies from a sample stratified by the classes of the map.

    Parameters
    ----------
    samples : ndarray, (K, K), integers
        Number of sampled places by mapped class (rows) and reference class (columns).
    mapped : ndarray, (K,)
        Area of each class on the map, in any unit; the estimates are in the same one.

    Raises
    ------
    DatasetError
        When the sizes do not fit, or nothing is mapped.
    """
    counts = np.asarray(samples, dtype=np.int64)
    areas = np.asarray(mapped, dtype=np.float64)
    if counts.shape != (areas.size, areas.size) or not areas.sum() > 0:
        raise DatasetError(
            f"A sample of {counts.shape} counts was given for mapped areas {areas.tolist()}.",
            "Give one row and one column for each class, and areas above 0.",
        )
    weights = areas / areas.sum()
    drawn = counts.sum(axis=1)
    needed = weights > 0
    shares = np.zeros(counts.shape)
    np.divide(counts, drawn[:, None], out=shares, where=drawn[:, None] > 0)
    shares[needed & (drawn == 0)] = np.nan
    proportions = weights[:, None] * shares  # p_ij
    true_shares = proportions.sum(axis=0)
    total = float(areas.sum())
    error = _standard_errors(weights, shares, drawn)
    users = np.where(drawn > 0, np.diagonal(shares), np.nan)
    users_variance = _over(users * (1 - users), drawn - 1)
    overall_variance = float((weights[needed] ** 2 * users_variance[needed]).sum())
    return AreaEstimate(
        mapped=areas,
        areas=tuple(Share(total * s, Z_95 * total * e) for s, e in zip(true_shares, error, strict=True)),
        users=tuple(
            Share(float(u), Z_95 * float(np.sqrt(v))) for u, v in zip(users, users_variance, strict=True)
        ),
        producers=tuple(_producers(areas, shares, drawn, users_variance, j) for j in range(areas.size)),
        overall=Share(float(np.trace(proportions)), Z_95 * float(np.sqrt(overall_variance))),
        samples=counts,
    )


def _over(numerator: npt.NDArray[np.float64], denominator: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return a quotient; NaN where a variance would rest on fewer than two places."""
    result = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=result, where=denominator > 0)
    return result


def _standard_errors(
    weights: npt.NDArray[np.float64], shares: npt.NDArray[np.float64], drawn: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return the standard error of each true class's share of the area, (K,): equation 10."""
    needed = weights > 0
    terms = shares[needed] * (1 - shares[needed])
    variances = weights[needed, None] ** 2 * _over(terms, np.repeat(drawn[needed, None] - 1, len(drawn), 1))
    errors: npt.NDArray[np.float64] = np.sqrt(variances.sum(axis=0))
    return errors


def _producers(
    areas: npt.NDArray[np.float64],
    shares: npt.NDArray[np.float64],
    drawn: npt.NDArray[np.int64],
    users_variance: npt.NDArray[np.float64],
    label: int,
) -> Share:
    """Return the producer's accuracy of a class: equations 3 and 7."""
    mapped = areas > 0
    true_area = float((areas[mapped] * shares[mapped, label]).sum())
    if not true_area > 0:
        return Share(float("nan"), float("nan"))
    right = float(areas[label] * shares[label, label]) / true_area
    others = mapped.copy()
    others[label] = False
    off = shares[others, label]
    spread = (areas[others] ** 2 * _over(off * (1 - off), drawn[others] - 1)).sum()
    own = areas[label] ** 2 * (1 - right) ** 2 * users_variance[label] if mapped[label] else 0.0
    variance = (own + right**2 * spread) / true_area**2
    return Share(right, Z_95 * float(np.sqrt(variance)))
