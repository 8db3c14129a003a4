"""Chips shared out among train, val and test by place, so that no two of them overlap, touch or look alike.

Chips are grouped into blocks of the map or, without a map, of their scene; a scene that fits into a block
stays whole. Several ways of sharing out the groups are tried, and the one is taken that keeps most pixels and
comes nearest to the wanted shares of every class. A chip that touches one of another split is left out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["LEFT_OUT", "SPLITS", "Places", "parse_shares", "split_places", "touching_pairs"]

SPLITS = ("train", "val", "test")
LEFT_OUT = -1
"""Split of chips that belong to none."""
_BLOCK_SIDES = (16, 8, 4, 2, 1)  # in chips
_DRAWS = 4
_MOST_TRIALS, _WORK = 800, 4_000_000
_Splits = npt.NDArray[np.int8]
_Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Places:
    """Where chips lie and what they hold.

    Attributes
    ----------
    frames : tuple of str
        Coordinate frame of each chip: those of one frame can touch, others cannot.
    scenes : ndarray, (n,), int64
        Number of its scene.
    boxes : ndarray, (n, 4), float64
        Left, top, right and bottom in its frame, left < right and top < bottom.
    margins : ndarray, (n,), float64
        Half a pixel in units of the frame: chips nearer than this touch.
    counts : ndarray, (n, classes), int64
        Reviewed pixels of each class.
    names : tuple of str
        What stays the same from version to version, so that a seed draws the same lots.
    alike : ndarray, (pairs, 2), int64
        Chips that look the same.
    earlier : ndarray, (n,), int8
        Split of the same place in earlier versions, `LEFT_OUT` where there was none.
    """

    frames: tuple[str, ...]
    scenes: _Indices
    boxes: npt.NDArray[np.float64]
    margins: npt.NDArray[np.float64]
    counts: _Indices
    names: tuple[str, ...]
    alike: _Indices
    earlier: _Splits


def parse_shares(text: str) -> tuple[float, float, float]:
    """Read ``70/15/15`` as the shares of train, val and test.

    Raises
    ------
    SettingsError
        When it is of another form, a share is negative, or they do not add up to 100.
    """
    parts = text.split("/")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != len(SPLITS) or min(numbers) < 0 or not abs(sum(numbers) - 100) < 1e-6:
        raise SettingsError(
            f"Split {text!r} is not three shares of 100.", "Write train/val/test, for example 70/15/15."
        )
    return numbers[0] / 100, numbers[1] / 100, numbers[2] / 100


def split_places(places: Places, shares: tuple[float, float, float], seed: int) -> _Splits:
    """Share chips out.

    Parameters
    ----------
    places : Places
        The chips.
    shares : tuple of 3 float
        Wanted shares of the reviewed pixels, 0 to 1.
    seed : int
        Draws the lots; the same chips and seed always give the same splits.

    Returns
    -------
    ndarray, (n,), int8
        Index into `SPLITS`, or `LEFT_OUT`. Chips that had a split keep it.
    """
    if not len(places.scenes):
        return np.empty(0, dtype=np.int8)
    apart = np.concatenate([touching_pairs(places), places.alike])
    is_earlier = places.earlier != LEFT_OUT

    def score(wanted: _Splits) -> float:
        return _score(_kept_apart(wanted, is_earlier, apart), places.counts, shares)

    found = {}
    for candidate in _candidates(places, shares, seed):
        wanted = np.where(is_earlier, places.earlier, candidate).astype(np.int8)
        if wanted.tobytes() not in found:
            found[wanted.tobytes()] = (score(wanted), wanted)
    best = max(found.values(), key=lambda entry: entry[0])[1]
    trials = min(_MOST_TRIALS, _WORK // (len(apart) + len(best)))
    return _kept_apart(_improved(places, best, score, trials, shares), is_earlier, apart)


def touching_pairs(places: Places) -> _Indices:
    """Return the pairs of chips that overlap or touch, corners included, (pairs, 2), the smaller first."""
    import shapely

    found = [np.empty((0, 2), dtype=np.int64)]
    for members in _members(_numbered(places.frames)):
        margins = places.margins[members][:, None] * np.array([-1.0, -1.0, 1.0, 1.0])
        boxes = shapely.box(*(places.boxes[members] + margins).T)
        first, second = shapely.STRtree(boxes).query(boxes, predicate="intersects")
        is_pair = first < second
        found.append(np.stack([members[first[is_pair]], members[second[is_pair]]], axis=1))
    return np.concatenate(found)


def _candidates(
    places: Places, shares: tuple[float, float, float], seed: int
) -> Iterator[npt.NDArray[np.int64]]:
    """Yield ways to share the chips out, the coarsest groups first."""
    groupings = [_scene_groups(places), *(_block_groups(places, side) for side in _BLOCK_SIDES)]
    for groups in groupings:
        joined = _joined(groups, places.alike)
        for draw in range(_DRAWS):
            yield _dealt(places, joined, shares, f"{seed}/{draw}")
    fine = _joined(groupings[-1], places.alike)
    for axis in (0, 1):
        for order in permutations(range(len(SPLITS))):
            yield _swept(places, fine, shares, axis, order)


def _improved(
    places: Places,
    wanted: _Splits,
    score: Callable[[_Splits], float],
    trials: int,
    shares: tuple[float, float, float],
) -> _Splits:
    """Move single blocks to other splits as long as that is better and trials are left."""
    groups = _joined(_block_groups(places, _BLOCK_SIDES[-1]), places.alike)
    open_splits = [split for split, share in enumerate(shares) if share > 0]
    best, reached = wanted, score(wanted)
    is_better = True
    while is_better:
        is_better = False
        for members in _members(groups):
            for split in open_splits:
                if trials <= 0 or (places.earlier[members] != LEFT_OUT).any():
                    break
                trial = best.copy()
                trial[members] = split
                trials -= 1
                gained = score(trial)
                if gained > reached + 1e-9:
                    best, reached, is_better = trial, gained, True
    return best


def _scene_groups(places: Places) -> _Indices:
    """Group whole scenes, those together that overlap or touch."""
    pairs = touching_pairs(places)
    scenes = np.unique(places.scenes, return_inverse=True)[1].astype(np.int64)
    return _joined(scenes, pairs[scenes[pairs[:, 0]] != scenes[pairs[:, 1]]])


def _block_groups(places: Places, side: int) -> _Indices:
    """Group chips by square blocks; a scene no larger than one goes by its middle."""
    keys = np.empty((len(places.scenes), 3), dtype=np.int64)
    widths = places.boxes[:, 2:] - places.boxes[:, :2]
    for frame, members in enumerate(_members(_numbered(places.frames))):
        block = side * float(np.median(widths[members]))
        for inner in _members(places.scenes[members]):
            own = members[inner]
            low, high = places.boxes[own, :2].min(axis=0), places.boxes[own, 2:].max(axis=0)
            if (high - low <= block * (1 + 1e-9)).all():
                middles = np.repeat((low + high)[None] / 2, len(own), axis=0)
            else:
                middles = (places.boxes[own, :2] + places.boxes[own, 2:]) / 2
            keys[own, 0] = frame
            keys[own, 1:] = np.floor(middles / block)
    return np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _numbered(names: tuple[str, ...]) -> _Indices:
    """Return the same number for the same name, from 0 on."""
    return np.unique(np.array(names), return_inverse=True)[1].reshape(-1).astype(np.int64)


def _members(keys: _Indices) -> list[_Indices]:
    """Return the indices of each key, in order of the keys."""
    order = np.argsort(keys, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(keys[order])) + 1) if len(keys) else []


def _joined(groups: _Indices, pairs: _Indices) -> _Indices:
    """Merge groups that have members in a pair."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    number = int(groups.max()) + 1
    links = groups[pairs]
    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(number, number))
    return np.asarray(connected_components(graph, directed=False)[1][groups], dtype=np.int64)


def _group_counts(groups: _Indices, counts: _Indices) -> npt.NDArray[np.float64]:
    """Return what share of each class's pixels a group holds, (groups, classes)."""
    totals = np.zeros((int(groups.max()) + 1, counts.shape[1]))
    np.add.at(totals, groups, counts)
    shares: npt.NDArray[np.float64] = totals / np.maximum(counts.sum(axis=0), 1)
    return shares


def _earlier_of_groups(groups: _Indices, earlier: _Splits) -> _Splits:
    """Return the split that most chips of a group had, `LEFT_OUT` where none had any."""
    votes = np.zeros((int(groups.max()) + 1, len(SPLITS)), dtype=np.int64)
    had = earlier != LEFT_OUT
    np.add.at(votes, (groups[had], earlier[had]), 1)
    return np.where(votes.any(axis=1), votes.argmax(axis=1), LEFT_OUT).astype(np.int8)


def _dealt(places: Places, groups: _Indices, shares: tuple[float, float, float], lot: str) -> _Indices:
    """Deal groups out, the large ones first, each to the split that lacks its classes most."""
    amounts = _group_counts(groups, places.counts)
    target = np.array(shares)
    fixed = _earlier_of_groups(groups, places.earlier)
    have = np.zeros((len(SPLITS), amounts.shape[1]))
    for split in range(len(SPLITS)):
        have[split] = amounts[fixed == split].sum(axis=0)
    chosen = fixed.astype(np.int64)
    names = [""] * len(amounts)
    for group, name in zip(groups.tolist(), places.names, strict=True):
        names[group] = min(names[group] or name, name)
    lots = [hashlib.sha256(f"{lot}/{name}".encode()).hexdigest() for name in names]
    sizes = np.floor(np.log2(np.maximum(amounts.sum(axis=1), 1e-12))).tolist()
    is_open = np.array(target > 0)
    for group in sorted(np.flatnonzero(fixed == LEFT_OUT).tolist(), key=lambda g: (-sizes[g], lots[g])):
        lack = (target[:, None] - have) / np.maximum(target[:, None], 1e-9)
        split = int(np.where(is_open, lack @ amounts[group], -np.inf).argmax())
        have[split] += amounts[group]
        chosen[group] = split
    return chosen[groups]


def _swept(
    places: Places,
    groups: _Indices,
    shares: tuple[float, float, float],
    axis: int,
    order: tuple[int, ...],
) -> _Indices:
    """Cut every frame into strips along an axis, one strip per split: the shortest borders there are."""
    fixed = _earlier_of_groups(groups, places.earlier)
    weights = np.bincount(groups, weights=places.counts.sum(axis=1))
    sums = np.bincount(groups, weights=places.boxes[:, axis] + places.boxes[:, axis + 2])
    middles = sums / (2 * np.bincount(groups))
    frame_of = np.zeros(len(weights), dtype=np.int64)
    frame_of[groups] = _numbered(places.frames)
    chosen = fixed.astype(np.int64)
    ends = np.cumsum([shares[split] for split in order])
    for members in _members(frame_of):
        free = members[fixed[members] == LEFT_OUT]
        along = free[np.argsort(middles[free], kind="stable")]
        passed = np.cumsum(weights[along]) - weights[along] / 2
        total = max(float(weights[along].sum()), 1.0)
        strip = np.minimum(np.searchsorted(ends, passed / total, side="right"), len(order) - 1)
        chosen[along] = np.array(order)[strip]
    return chosen[groups]


def _kept_apart(wanted: _Splits, is_earlier: npt.NDArray[np.bool_], apart: _Indices) -> _Splits:
    """Leave chips out until no pair is of two splits: new ones before earlier ones, train before test."""
    splits = wanted.copy()
    rank = wanted.astype(np.int64) + len(SPLITS) * is_earlier
    both = np.concatenate([apart, apart[:, ::-1]])
    both = both[(wanted[both[:, 0]] != wanted[both[:, 1]]) & (rank[both[:, 0]] < rank[both[:, 1]])]
    for level in range(2 * len(SPLITS) - 1, -1, -1):
        own = both[rank[both[:, 0]] == level]
        losers = own[splits[own[:, 1]] != LEFT_OUT, 0]
        splits[losers] = LEFT_OUT
    return splits


def _score(splits: _Splits, counts: _Indices, shares: tuple[float, float, float]) -> float:
    """Return how much of the classes is kept, less how far their shares are from the wanted ones."""
    present = counts.sum(axis=0) > 0
    if not present.any():
        return 0.0
    kept = np.stack([counts[splits == split].sum(axis=0) for split in range(len(SPLITS))])[:, present]
    share_kept = (kept.sum(axis=0) / counts.sum(axis=0)[present]).mean()
    shared = kept / np.maximum(kept.sum(axis=0), 1)
    off = np.abs(shared - np.array(shares)[:, None]).sum(axis=0).mean() / 2
    is_wanted = np.array(shares) > 0
    empty = ((kept.sum(axis=1) == 0) & is_wanted).sum()
    lacking = ((kept == 0) & is_wanted[:, None]).mean()
    return float(share_kept - off - empty - lacking)
