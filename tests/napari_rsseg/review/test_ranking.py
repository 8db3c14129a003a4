from __future__ import annotations

import numpy as np
import pytest

from napari_rsseg.errors import SettingsError
from napari_rsseg.review import (
    NEEDS_FEATURES,
    ORDER_WORDS,
    CellLabels,
    Order,
    SurveyedWindow,
    WindowEvidence,
    rank_windows,
)
from napari_rsseg.scenes import Window


def surveyed(number: int, **evidence: float) -> SurveyedWindow:
    rare = evidence.pop("rare", 0.0)
    values = {"doubt": 0.1, "closeness": 0.2, "dispute": 0.0, "impurity": 0.5, **evidence}
    look = np.random.default_rng(number).normal(number % 3 * 4, 0.1, (4, 5)).astype(np.float16)
    cells = CellLabels(np.zeros(4, np.uint8), np.ones(4, np.float32), np.full(4, 0.95, np.float32))
    return SurveyedWindow(
        id=number,
        scene="one",
        window=Window(0, 8, number * 8, number * 8 + 8),
        evidence=WindowEvidence(64, classes=np.array([1 - rare, rare]), **values),
        features=look,
        cells=cells,
    )


def first(order: Order, windows: list[SurveyedWindow], **options: dict[int, float]) -> int:
    values = rank_windows(order, windows, **options)  # type: ignore[arg-type]  # only wrong shares are given
    return max(values, key=lambda number: values[number])


@pytest.mark.parametrize(
    ("order", "trait"),
    [
        (Order.LEAST_CONFIDENT, "doubt"),
        (Order.LIKELY_WRONG, "doubt"),
        (Order.MARGIN, "closeness"),
        (Order.DISAGREEMENT, "dispute"),
        (Order.RARE, "rare"),
    ],
)
def test_the_window_that_stands_out_in_what_the_order_is_about_comes_first(order: Order, trait: str) -> None:
    windows = [surveyed(1), surveyed(2, **{trait: 0.9}), surveyed(3)]
    assert first(order, windows) == 2


def test_each_kind_of_window_comes_before_a_second_of_any() -> None:
    values = rank_windows(Order.DIVERSE, [surveyed(number) for number in range(1, 10)])
    best = sorted(values, key=lambda number: -values[number])[:3]
    assert {number % 3 for number in best} == {0, 1, 2}


def test_what_was_reviewed_lets_other_kinds_come_first() -> None:
    windows = [surveyed(number) for number in range(1, 7)]
    assert first(Order.DIVERSE, windows, wrong={3: 0.1, 1: 0.0}) in (2, 5)


def test_the_most_valuable_is_uncertain_mixed_and_new() -> None:
    windows = [surveyed(1, doubt=0.9, impurity=0.0), surveyed(2, doubt=0.5, impurity=0.9), surveyed(3)]
    assert first(Order.VALUABLE, windows) == 2


def test_the_random_order_is_the_same_for_one_seed_and_another_for_another() -> None:
    windows = [surveyed(number) for number in range(20)]
    orders = [rank_windows(Order.RANDOM, windows, seed=seed) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0].values()) == list(range(20))


def test_the_order_by_hand_has_no_rule() -> None:
    with pytest.raises(SettingsError, match="by hand"):
        rank_windows(Order.BY_HAND, [surveyed(1)])


def test_every_order_has_its_words_and_an_empty_queue_has_no_values() -> None:
    assert set(ORDER_WORDS) == set(Order) > set(NEEDS_FEATURES)
    assert rank_windows(Order.MISSES, []) == {}
