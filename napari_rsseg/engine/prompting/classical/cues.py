"""What speaks for each superpixel belonging to the object: a row of numbers, given the prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csgraph

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy import sparse

    from napari_rsseg.engine.prompting.classical.image import Superpixels

__all__ = ["Seeds", "context_cues", "middle_of_box", "prompt_cues"]

_NONE = 3.0  # distance to seeds that are not there
_STEPS = (4, 24)  # of averaging over neighbours
_KEPT = 0.1  # of each superpixel's own share in every step


@dataclass(frozen=True, eq=False)
class Seeds:
    """Prompts on superpixels.

    Attributes
    ----------
    inside, outside : ndarray of int
        Superpixels that belong to the object for certain, and that do not.
    prompts : int
        How many prompts were given.
    box : tuple of float or None
        Rows and columns (top, left, bottom, right) of a box around the object.
    earlier : ndarray, (N,), float32, or None
        How much each superpixel belonged to the object in the earlier mask, 0 to 1.
    """

    inside: npt.NDArray[np.intp]
    outside: npt.NDArray[np.intp]
    prompts: int = 1
    box: tuple[float, float, float, float] | None = None
    earlier: npt.NDArray[np.float32] | None = None

    def imposed_on(self, shares: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return shares with 1 and 0 where the prompts leave no doubt."""
        certain = shares.copy()
        certain[self.inside] = 1
        certain[self.outside] = 0
        return certain


def prompt_cues(image: Superpixels, seeds: Seeds) -> npt.NDArray[np.float32]:
    """Return what the prompts say, (N, 38).

    For each descriptor the distance to the nearest seed inside, outside, and which is nearer; the same for
    places, and for two kinds of paths along the image; how common the seeds' looks are; how much was said;
    the earlier mask; the distance to the image's edge; the starter's first class; and the place in the box.
    """
    positions, count = image.arrays["positions"], image.count
    height, width = image.labels.shape
    diagonal = float(np.hypot(height, width))
    columns: list[npt.NDArray[np.floating] | float] = []
    for descriptor in image.descriptors:
        near, far = _nearest(descriptor, seeds.inside), _nearest(descriptor, seeds.outside)
        columns += [near, far, _lead(near, far, 0.1)]
    columns += _distances([_apart(positions, each, diagonal) for each in _both(seeds)], 0.01)
    for paths in image.paths:
        columns += _distances([_walked(paths, each) for each in _both(seeds)], 0.02)
    for index in (0, 3, 5):  # colour, middle level, classes
        columns.append(_rarity(image, image.descriptors[index], seeds.inside))
    columns += [float(seeds.outside.size > 0), float(np.log(max(1, seeds.prompts)))]
    columns.append(0.5 if seeds.earlier is None else seeds.earlier)
    last = np.array([height - 1, width - 1])
    columns.append(np.minimum(positions, last - positions).min(axis=1) / diagonal)
    classes = image.descriptors[5]
    columns.append(classes[:, 0] if classes.shape[1] else 0.0)
    columns += _box_cues(positions, seeds.box)
    return np.stack([np.broadcast_to(column, count) for column in columns], axis=1).astype(np.float32)


def context_cues(
    image: Superpixels, shares: npt.NDArray[np.float32], seeds: Seeds
) -> npt.NDArray[np.float32]:
    """Return what a first guess (N,) says about each superpixel through the others, (N, 13).

    The guess, its averages over near and far neighbours, alike ones and all; for each descriptor, whether the
    superpixel looks like the guessed object or like the rest; the object's size; how far its middle is.
    """
    certain = seeds.imposed_on(shares)
    limited = np.clip(certain, 1e-3, 1 - 1e-3)
    columns: list[npt.NDArray[np.floating]] = [np.log(limited / (1 - limited)) / 3]
    for average in image.averages:
        columns += _averaged(average, certain, seeds)
    areas, positions = image.arrays["areas"], image.arrays["positions"]
    inside, outside = certain * areas, (1 - certain) * areas
    for descriptor in image.descriptors:
        like = _from_mean(descriptor, inside)
        columns.append(_lead(like, _from_mean(descriptor, outside), 0.1))
    share = inside.sum() / areas.sum()
    columns.append(np.full(image.count, np.sqrt(share)))
    middle = inside @ positions / (inside.sum() + 1e-6)
    radius = np.sqrt(inside.sum() / np.pi) + 1
    columns.append(np.minimum(np.hypot(*(positions - middle).T) / radius, 5))
    return np.stack(columns, axis=1).astype(np.float32)


def _nearest(descriptor: npt.NDArray[np.float32], seeds: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    if not seeds.size:
        return np.full(len(descriptor), _NONE, np.float32)
    if seeds.size > _MOST_SEEDS:
        seeds = seeds[np.linspace(0, seeds.size - 1, _MOST_SEEDS).astype(np.intp)]
    of_seeds = descriptor[seeds]
    squares = (descriptor**2).sum(axis=1)[:, None] + (of_seeds**2).sum(axis=1)
    squares -= 2 * descriptor @ of_seeds.T
    return np.asarray(np.sqrt(np.maximum(squares.min(axis=1), 0)), np.float32)


_MOST_SEEDS = 64  # of a scribble or an outline, to compare looks with


def _both(seeds: Seeds) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    return seeds.inside, seeds.outside


def _distances(pair: list[npt.NDArray[np.float64]], softness: float) -> list[npt.NDArray[np.floating]]:
    near, far = pair
    return [np.log(near + softness), np.log(far + softness), _lead(near, far, softness)]


def _lead(
    near: npt.NDArray[np.floating], far: npt.NDArray[np.floating], softness: float
) -> npt.NDArray[np.floating]:
    """Return -1 where the first distance is much smaller, 1 where the second is."""
    return (near - far) / (near + far + softness)


def _apart(
    positions: npt.NDArray[np.float32], seeds: npt.NDArray[np.intp], diagonal: float
) -> npt.NDArray[np.float64]:
    """Return the distance to the nearest seed in diagonals of the image; 1 where there is none."""
    from scipy.spatial import KDTree

    if not seeds.size:
        return np.ones(len(positions))
    distances, _ = KDTree(positions[seeds]).query(positions)
    return np.asarray(distances / diagonal)


def _walked(paths: sparse.csr_array, seeds: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    if not seeds.size:
        return np.full(paths.shape[0], _NONE)
    lengths = csgraph.dijkstra(paths, indices=seeds, min_only=True)
    return np.asarray(np.minimum(lengths / np.sqrt(paths.shape[0]), _NONE))


def _rarity(image: Superpixels, descriptor: npt.NDArray[np.float32], seeds: npt.NDArray[np.intp]) -> float:
    """Return how far the seeds' looks are from those of the image."""
    if not seeds.size:
        return 1.0
    return float(_nearest(descriptor, seeds)[image.arrays["references"]].mean())


def _box_cues(
    positions: npt.NDArray[np.float32], box: tuple[float, float, float, float] | None
) -> list[npt.NDArray[np.floating] | float]:
    if box is None:
        return [0.0, 0.0, 0.0]
    low, high = np.array(box[:2]), np.array(box[2:])
    depth = np.minimum(positions - low, high - positions).min(axis=1)
    depth = depth / max(4.0, float((high - low).min()))
    return [1.0, np.clip(depth, -1, 1), np.minimum(_ellipse(positions, box), 3)]


def _ellipse(
    positions: npt.NDArray[np.float32], box: tuple[float, float, float, float]
) -> npt.NDArray[np.float64]:
    """Return 0 in the middle of a box, and 1 on the ellipse that fills it."""
    low, high = np.array(box[:2]), np.array(box[2:])
    radii = np.maximum((high - low) / 2, 1)
    return np.asarray((((positions - (low + high) / 2) / radii) ** 2).sum(axis=1))


def middle_of_box(image: Superpixels, box: tuple[float, float, float, float]) -> npt.NDArray[np.float32]:
    """Return how likely superpixels are the object by their place in a box alone, (N,): 0.75 amid it."""
    beyond = np.maximum(_ellipse(image.arrays["positions"], box) - 0.3, 0)
    return np.asarray(0.75 * np.exp(-beyond / 0.7), np.float32)


def _averaged(
    average: sparse.csr_array, certain: npt.NDArray[np.float32], seeds: Seeds
) -> list[npt.NDArray[np.floating]]:
    made: list[npt.NDArray[np.floating]] = []
    value = certain
    for step in range(1, _STEPS[-1] + 1):
        value = seeds.imposed_on(np.asarray((1 - _KEPT) * (average @ value) + _KEPT * certain, np.float32))
        if step in _STEPS:
            made.append(value)
    return made


def _from_mean(
    descriptor: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    mean = weights @ descriptor / (weights.sum() + 1e-6)
    return np.asarray(np.sqrt(((descriptor - mean) ** 2).sum(axis=1)), np.float32)
