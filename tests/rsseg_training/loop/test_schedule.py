from __future__ import annotations

import pytest

from rsseg_training.loop.schedule import cosine_rate, warm_up_and_power


def test_ktdas_rate_grows_from_a_thousandth_and_ends_at_nothing() -> None:
    rates = [warm_up_and_power(step, 100, warm_up=10, decay_from=10) for step in range(100)]
    assert rates[0] == pytest.approx(0.001)
    assert rates[9] == pytest.approx(1)
    assert rates[-1] == 0
    assert sorted(rates[9:], reverse=True) == rates[9:]


def test_where_decay_begins_within_the_growth_the_highest_rate_is_never_reached() -> None:
    assert max(warm_up_and_power(step, 100, warm_up=20, decay_from=10) for step in range(100)) < 0.95


def test_translandsegs_rate_falls_by_half_a_cosine() -> None:
    rates = [cosine_rate(epoch, 50, highest=2e-4, lowest=1e-7) for epoch in (0, 25, 50)]
    assert rates == pytest.approx([2e-4, (2e-4 + 1e-7) / 2, 1e-7])
