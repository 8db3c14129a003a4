from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes import Radiometry

LIMITS = st.tuples(st.floats(-1e4, 1e4), st.floats(0.5, 1e4)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(limits=LIMITS, share=st.floats(-0.5, 1.5))
def test_low_becomes_0_high_becomes_1_and_between_it_is_linear(
    limits: tuple[float, float], share: float
) -> None:
    low, high = limits
    radiometry = Radiometry(kind="percentile", low=(low,), high=(high,))
    number = np.full((1, 1, 1), low + share * (high - low))
    off = 1e-3 * (1 + abs(low) / (high - low))  # of single precision
    assert radiometry.apply(number, (0,), display=False).item() == pytest.approx(share, abs=off)
    assert radiometry.apply(number, (0,), display=True).item() == pytest.approx(
        min(max(share, 0), 1), abs=off
    )


@given(share=st.floats(0, 1))
def test_reflectance_is_displayed_by_its_square_root_and_kept_linear_for_models_that_want_it(
    share: float,
) -> None:
    radiometry = Radiometry(kind="scale", low=(0.0,), high=(10_000.0,))
    number = np.full((1, 1, 1), 10_000 * share)
    assert radiometry.apply(number, (0,), display=False).item() == pytest.approx(share, abs=1e-6)
    assert radiometry.apply(number, (0,), display=True).item() == pytest.approx(math.sqrt(share), abs=1e-3)


def test_each_band_has_its_own_limits_in_whatever_order_it_is_asked_for() -> None:
    radiometry = Radiometry(kind="percentile", low=(0.0, 100.0), high=(10.0, 300.0))
    numbers = np.array([[[200.0]], [[5.0]]])
    assert radiometry.apply(numbers, (1, 0), display=False).ravel().tolist() == [0.5, 0.5]


def test_what_is_not_finite_stays_so() -> None:
    radiometry = Radiometry(kind="none", low=(0.0,), high=(255.0,))
    numbers = np.array([[[math.nan, math.inf]]])
    mapped = radiometry.apply(numbers, (0,), display=False)
    assert math.isnan(mapped[0, 0, 0])
    assert math.isinf(mapped[0, 0, 1])


@pytest.mark.parametrize(
    ("low", "high", "reason"),
    [
        ((0.0,), (1.0, 2.0), "1 low and 2 high"),
        ((), (), "0 low and 0 high"),
        ((5.0,), (5.0,), "from 5.0 to 5.0"),
    ],
)
def test_limits_that_map_nothing_are_refused(
    low: tuple[float, ...], high: tuple[float, ...], reason: str
) -> None:
    with pytest.raises((SceneError, ValidationError), match=reason):
        Radiometry(kind="scale", low=low, high=high)
