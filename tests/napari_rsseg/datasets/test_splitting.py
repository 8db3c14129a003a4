"""Splits never overlap or touch, keep look-alikes together, stay as the data grow, and follow the seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_rsseg.datasets.likeness import alike_pairs, thumbnail
from napari_rsseg.datasets.splitting import (
    LEFT_OUT,
    SPLITS,
    Places,
    parse_shares,
    split_places,
    touching_pairs,
)
from napari_rsseg.errors import SettingsError

SHARES = (0.7, 0.15, 0.15)


def chips_of(
    scenes: int, rows: int, columns: int, *, one_map: bool = False, classes: int = 3, seed: int = 0
) -> Places:
    """Return chips of 256 px in a grid per scene, on one map side by side or each in a frame of its own."""
    draw = np.random.default_rng(seed)
    grid = [
        (scene, row, column) for scene in range(scenes) for row in range(rows) for column in range(columns)
    ]
    lefts = [256 * (column + (scene * columns if one_map else 0)) for scene, _, column in grid]
    boxes = [
        (left, 256 * row, left + 256, 256 * row + 256) for left, (_, row, _) in zip(lefts, grid, strict=True)
    ]
    number = len(grid)
    return Places(
        frames=tuple("map" if one_map else f"scene {scene}" for scene, _, _ in grid),
        scenes=np.array([scene for scene, _, _ in grid], dtype=np.int64),
        boxes=np.array(boxes, dtype=np.float64).reshape(number, 4),
        margins=np.full(number, 0.5),
        counts=draw.integers(0, 20_000, (number, classes)).astype(np.int64),
        names=tuple(f"{scene}/{row}/{column}" for scene, row, column in grid),
        alike=np.empty((0, 2), dtype=np.int64),
        earlier=np.full(number, LEFT_OUT, dtype=np.int8),
    )


def clashes(splits: npt.NDArray[np.int8], pairs: npt.NDArray[np.int64]) -> int:
    """Return how many pairs are of two splits."""
    first, second = splits[pairs[:, 0]], splits[pairs[:, 1]]
    return int(((first != second) & (first != LEFT_OUT) & (second != LEFT_OUT)).sum())


def shares_of(splits: npt.NDArray[np.int8], places: Places) -> list[float]:
    weights = places.counts.sum(axis=1)
    return [float(weights[splits == split].sum() / weights[splits != LEFT_OUT].sum()) for split in range(3)]


@settings(max_examples=25, deadline=None)
@given(
    scenes=st.integers(1, 6),
    rows=st.integers(1, 6),
    columns=st.integers(1, 6),
    one_map=st.booleans(),
    seed=st.integers(0, 5),
    data=st.data(),
)
def test_no_two_splits_touch_and_lookalikes_stay_together(
    scenes: int, rows: int, columns: int, one_map: bool, seed: int, data: st.DataObject
) -> None:
    places = chips_of(scenes, rows, columns, one_map=one_map, seed=seed)
    index = st.integers(0, len(places.names) - 1)
    pairs = data.draw(st.lists(st.tuples(index, index), max_size=4))
    alike = np.array([sorted(pair) for pair in pairs if pair[0] != pair[1]], dtype=np.int64).reshape(-1, 2)
    earlier = data.draw(
        st.lists(
            st.sampled_from([-1, -1, -1, 0, 1, 2]), min_size=len(places.names), max_size=len(places.names)
        )
    )
    places = replace(places, alike=alike, earlier=np.array(earlier, dtype=np.int8))
    splits = split_places(places, SHARES, seed)
    assert clashes(splits, touching_pairs(places)) == 0
    assert clashes(splits, places.alike) == 0
    was = places.earlier != LEFT_OUT
    assert set(splits[was].tolist() or [LEFT_OUT]) <= {LEFT_OUT, 0, 1, 2}
    assert ((splits[was] == places.earlier[was]) | (splits[was] == LEFT_OUT)).all()
    assert (splits == split_places(places, SHARES, seed)).all()


def test_touching_means_a_common_border_or_corner_in_one_frame() -> None:
    places = chips_of(2, 2, 2)
    assert sorted(touching_pairs(places).tolist()) == [
        [0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3], [4, 5], [4, 6], [4, 7], [5, 6], [5, 7], [6, 7],
    ]  # fmt: skip
    apart = replace(places, boxes=places.boxes + np.array([2.0, 2.0, -2.0, -2.0]))
    assert not len(touching_pairs(apart))


@pytest.mark.parametrize("scenes", [20, 86], ids=["20 scenes", "86 scenes"])
def test_scenes_of_one_chip_are_shared_out_whole_and_by_class(scenes: int) -> None:
    places = chips_of(scenes, 1, 1)
    splits = split_places(places, SHARES, 0)
    assert (splits != LEFT_OUT).all()
    assert shares_of(splits, places) == pytest.approx(SHARES, abs=0.06)


def test_one_large_scene_loses_little_at_the_borders_of_its_splits() -> None:
    places = chips_of(1, 24, 24)
    splits = split_places(places, SHARES, 0)
    assert (splits != LEFT_OUT).mean() > 0.85
    assert shares_of(splits, places) == pytest.approx(SHARES, abs=0.05)


def test_dates_of_one_place_are_on_one_side() -> None:
    single = chips_of(1, 12, 1)
    both = replace(
        chips_of(2, 12, 1),
        frames=("map",) * 24,
        boxes=np.concatenate([single.boxes, single.boxes + 3.0]),
    )
    splits = split_places(both, SHARES, 0)
    kept = (splits[:12] != LEFT_OUT) & (splits[12:] != LEFT_OUT)
    assert kept.sum() >= 8
    assert (splits[:12][kept] == splits[12:][kept]).all()


def test_the_seed_decides_and_the_same_seed_decides_the_same() -> None:
    places = chips_of(40, 1, 1)
    drawn = {seed: split_places(places, SHARES, seed).tolist() for seed in range(4)}
    assert len({tuple(splits) for splits in drawn.values()}) > 1
    assert drawn[2] == split_places(places, SHARES, 2).tolist()


@settings(max_examples=10, deadline=None)
@given(added=st.integers(1, 30), seed=st.integers(0, 3))
def test_earlier_splits_stay_as_scenes_are_added(added: int, seed: int) -> None:
    before = chips_of(20, 2, 2)
    first = split_places(before, SHARES, seed)
    grown = chips_of(20 + added, 2, 2)
    earlier = np.concatenate([first, np.full(4 * added, LEFT_OUT)]).astype(np.int8)
    second = split_places(replace(grown, earlier=earlier), SHARES, seed)
    was = first != LEFT_OUT
    assert (second[: len(first)][was] == first[was]).all()


def test_a_share_of_nothing_gets_nothing() -> None:
    places = chips_of(10, 1, 1)
    assert set(split_places(places, (1.0, 0.0, 0.0), 0).tolist()) == {0}
    assert set(split_places(places, (0.5, 0.0, 0.5), 0).tolist()) == {0, 2}
    assert split_places(chips_of(0, 1, 1), SHARES, 0).shape == (0,)


def test_shares_are_read_as_written() -> None:
    assert parse_shares("70/15/15") == pytest.approx(SHARES)
    assert parse_shares("100/0/0") == (1.0, 0.0, 0.0)
    for text in ("70/30", "70/20/20", "a/b/c", "120/-10/-10", ""):
        with pytest.raises(SettingsError, match="70/15/15"):
            parse_shares(text)
    assert len(SPLITS) == 3


def test_copies_brightened_shifted_in_value_or_noisy_are_alike_and_other_pictures_are_not() -> None:
    draw = np.random.default_rng(0)
    coarse = draw.random((6, 8, 8), dtype=np.float32)
    pictures = [np.kron(values, np.ones((16, 16), dtype=np.float32)) for values in coarse]
    measured = np.ones((128, 128), dtype=np.bool_)
    copy = pictures[2] * 0.5 + 0.2 + draw.normal(0, 0.02, (128, 128)).astype(np.float32)
    flat = np.full((128, 128), 0.4, dtype=np.float32)
    thumbnails = np.stack([thumbnail(picture, measured) for picture in [*pictures, copy, flat, flat]])
    assert alike_pairs(thumbnails).tolist() == [[2, 6]]
