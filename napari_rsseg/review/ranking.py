"""From what is known of windows to their values in an order; the highest come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.errors import SettingsError
from napari_rsseg.review.diversity import farthest_first, standardised
from napari_rsseg.review.learning import expected_errors
from napari_rsseg.review.misses import miss_scores
from napari_rsseg.review.states import Order
from napari_rsseg.review.survey import traits_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from napari_rsseg.review.survey import SurveyedWindow

__all__ = ["NEEDS_FEATURES", "SPREAD", "rank_windows"]

NEEDS_FEATURES = (Order.LIKELY_WRONG, Order.MISSES, Order.DIVERSE, Order.VALUABLE)
"""Orders for which the encoder looks at the windows first."""

SPREAD = 500
"""So many windows are spread out one after the other; the rest follows by distance to these."""


def rank_windows(
    order: Order,
    windows: Sequence[SurveyedWindow],
    *,
    wrong: Mapping[int, float] | None = None,
    seed: int = 0,
) -> dict[int, float]:
    """Return the value of each window in an order, by its id.

    Parameters
    ----------
    order : Order
        Any but by hand.
    windows : sequence of SurveyedWindow
        All of the queue, with features where the order needs them.
    wrong : mapping of int to float, optional
        Share of wrong pixels of reviewed windows, by id, in order of review.
    seed : int
        Of the random order.

    Raises
    ------
    SettingsError
        When the order is made by hand.
    """
    if order is Order.BY_HAND:
        raise SettingsError("The order by hand has no rule.", "Put windows first one by one.")
    if not windows:
        return {}
    known = dict(wrong or {})
    values = _values(order, windows, known, seed)
    return {one.id: float(value) for one, value in zip(windows, values, strict=True)}


def _values(
    order: Order, windows: Sequence[SurveyedWindow], wrong: dict[int, float], seed: int
) -> npt.NDArray[np.float64]:
    evidence = [one.evidence for one in windows]
    pixels = np.array([one.pixels for one in evidence], dtype=np.float64)
    doubt = np.array([one.doubt for one in evidence])
    if order is Order.LIKELY_WRONG:
        return pixels * _expected(windows, wrong)
    if order is Order.LEAST_CONFIDENT:
        return doubt
    if order is Order.MARGIN:
        return np.array([one.closeness for one in evidence])
    if order is Order.DISAGREEMENT:
        return np.array([one.dispute for one in evidence])
    if order is Order.MISSES:
        return miss_scores(
            [one.features for one in windows if one.features is not None],
            [one.cells for one in windows if one.cells is not None],
            len(evidence[0].classes),
        )
    if order is Order.RARE:
        return _rarity(np.stack([one.classes for one in evidence]), pixels)
    if order is Order.RANDOM:
        return np.random.default_rng(seed).permutation(len(windows)).astype(np.float64)
    impurity = np.array([one.impurity for one in evidence])
    weight = doubt * impurity if order is Order.VALUABLE else None
    return _spread(windows, wrong, weight)


def _expected(windows: Sequence[SurveyedWindow], wrong: dict[int, float]) -> npt.NDArray[np.float64]:
    place = {one.id: number for number, one in enumerate(windows)}
    seen = [number for number in wrong if number in place]
    shares = np.array([wrong[number] for number in seen])
    return expected_errors(traits_of(windows), np.array([place[number] for number in seen], int), shares)


def _rarity(shares: npt.NDArray[np.float64], pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean information of the classes of each window: -log of their share of everything."""
    total = (shares * pixels[:, None]).sum(axis=0)
    information = -np.log(np.maximum(total, 1) / max(float(total.sum()), 1.0))
    result: npt.NDArray[np.float64] = shares @ information
    return result


def _spread(
    windows: Sequence[SurveyedWindow], wrong: dict[int, float], weight: npt.NDArray[np.float64] | None
) -> npt.NDArray[np.float64]:
    looks = standardised(np.stack([one.look for one in windows]))
    known = np.array([one.id in wrong for one in windows])
    chosen = farthest_first(looks, SPREAD, known=known, weight=weight)
    values = np.zeros(len(windows)) if weight is None else weight / (1 + weight.max())
    values[chosen] = 2 + np.arange(len(chosen))[::-1]
    return values
