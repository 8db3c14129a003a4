"""A stratified random sample of places, to be labelled blind, from which areas are estimated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.errors import DatasetError
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

__all__ = ["SamplePoint", "allocate", "count_classes", "draw_points", "window_around"]


@dataclass(frozen=True)
class SamplePoint:
    """A pixel of the sample.

    Attributes
    ----------
    row, column : int
        Where, in pixels of the scene.
    mapped : int
        Class on the map: its stratum.
    """

    row: int
    column: int
    mapped: int


def allocate(pixels: npt.NDArray[np.integer], total: int, *, least: int = 20) -> npt.NDArray[np.int64]:
    """Return how many places to draw of each mapped class.

    Every class that is mapped gets ``least`` places (or all of its pixels, where there are fewer), the rest
    is shared in proportion to area, as Olofsson et al. 2014 (5.1.1) advise.

    Parameters
    ----------
    pixels : ndarray, (K,), integers
        Pixels of each class on the map.
    total : int
        Places in all.
    least : int
        Fewest of a class; 2 is what a variance needs.

    Raises
    ------
    DatasetError
        When the total is too small for all classes, or nothing is mapped.
    """
    counts = np.asarray(pixels, dtype=np.int64)
    floor = np.minimum(counts, least)
    if not counts.sum() or total < floor.sum():
        raise DatasetError(
            f"A sample of {total} places cannot hold {least} of each of the "
            f"{int((counts > 0).sum())} classes on the map.",
            f"Ask for at least {max(int(floor.sum()), 1)} places of a map with labels.",
        )
    spare = min(total, int(counts.sum())) - int(floor.sum())
    room = counts - floor
    exact = spare * counts / counts.sum()
    extra = np.minimum(np.floor(exact).astype(np.int64), room)
    for label in np.argsort(extra - exact, kind="stable"):  # what rounding left, to those most cut
        more = min(int(room[label] - extra[label]), spare - int(extra.sum()), 1)
        extra[label] += more
    while extra.sum() < spare:
        extra[int(np.argmax(room - extra))] += 1
    result: npt.NDArray[np.int64] = floor + extra
    return result


def count_classes(
    read: Callable[[Window], npt.NDArray[np.uint8]], blocks: Sequence[Window], classes: int
) -> npt.NDArray[np.int64]:
    """Return the pixels of each class in each block, (blocks, K), reading them one by one."""
    return np.stack([_counts(read(block), classes) for block in blocks])


def _counts(labels: npt.NDArray[np.uint8], classes: int) -> npt.NDArray[np.int64]:
    return np.bincount(labels.ravel(), minlength=IGNORED + 1)[:classes].astype(np.int64)


def draw_points(
    read: Callable[[Window], npt.NDArray[np.uint8]],
    blocks: Sequence[Window],
    counts: npt.NDArray[np.int64],
    allocation: npt.NDArray[np.integer],
    *,
    seed: int,
) -> list[SamplePoint]:
    """Draw places without replacement, each pixel of a class with the same chance.

    Parameters
    ----------
    read : callable
        Gives the map's labels (H, W) of a window.
    blocks : sequence of Window
        They cover the map without overlap.
    counts : ndarray, (blocks, K)
        As `count_classes` returns them.
    allocation : ndarray, (K,)
        Places of each class.
    seed : int
        The same seed draws the same places.

    Returns
    -------
    list of SamplePoint
        In random order, so that a reviewer cannot tell the class from the place in the list.
    """
    random = np.random.default_rng(seed)
    wanted: dict[int, list[tuple[int, int]]] = {}
    for label, number in enumerate(allocation):
        ends = np.cumsum(counts[:, label])
        picks = random.choice(int(ends[-1]), size=int(number), replace=False) if number else np.zeros(0, int)
        for pick in picks:
            block = int(np.searchsorted(ends, pick, side="right"))
            wanted.setdefault(block, []).append((label, int(pick - (ends[block] - counts[block, label]))))
    points: list[SamplePoint] = []
    for block in sorted(wanted):
        window, labels = blocks[block], read(blocks[block])
        for label, rank in wanted[block]:
            flat = int(np.flatnonzero(labels.ravel() == label)[rank])
            row, column = divmod(flat, window.width)
            points.append(SamplePoint(window.row_start + row, window.column_start + column, label))
    return [points[place] for place in random.permutation(len(points))]


def window_around(point: SamplePoint, side_px: int, whole: Window) -> Window:
    """Return a window about a place, moved to lie inside the scene where there is room."""

    def placed(centre: int, length: int) -> tuple[int, int]:
        side = min(side_px, length)
        start = min(max(centre - side // 2, 0), length - side)
        return start, start + side

    return Window(*placed(point.row, whole.height), *placed(point.column, whole.width))
