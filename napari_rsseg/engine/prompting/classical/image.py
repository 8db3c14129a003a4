"""An image as a graph of superpixels, described by colour, texture and a starter's features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from napari_rsseg.engine.prompting.prepared_views import Prepared

__all__ = ["DESCRIPTORS", "Superpixels", "describe"]

DESCRIPTORS = ("colour", "texture", "fine", "middle", "coarse", "classes")
"""What superpixels are compared by; the last four are the starter's and may be missing."""

_SUPERPIXELS = 6000
_COMPACTNESS = 15.0
_COMPONENTS = 12  # of each level of the starter
_REFERENCES = 100  # superpixels that stand for the whole image
_COST_WEIGHTS = {"colour": 1.0, "texture": 0.5, "fine": 0.5, "middle": 0.5}

Floats = "npt.NDArray[np.float32]"


def describe(image: npt.NDArray[np.uint8], levels: Sequence[npt.NDArray[np.float32]] | None) -> Prepared:
    """Divide an image into superpixels and describe each.

    Parameters
    ----------
    image : ndarray, (h, w, 3), uint8
        RGB.
    levels : sequence of ndarray (C, h_l, w_l), optional
        A starter's features, finest first, its class logits last.

    Returns
    -------
    dict of ndarray
        The arrays of a `Superpixels`.
    """
    from skimage.color import rgb2lab

    lab = rgb2lab(image).astype(np.float32)
    labels = _superpixels(image)
    count = int(labels.max()) + 1
    mean = _Means(labels, count)
    described = {"colour": mean(lab), "texture": _standard(mean(_texture(lab)))}
    if levels is not None:
        for name, level in zip(("fine", "middle", "coarse"), levels[1:4], strict=True):
            described[name] = _principal(mean(_enlarged(level, labels.shape)))
        logits = mean(_enlarged(levels[-1], labels.shape))
        described["classes"] = logits - logits.mean(axis=1, keepdims=True)
    places = np.moveaxis(np.indices(labels.shape), 0, -1).astype(np.float32)
    references = np.random.default_rng(0).choice(count, min(count, _REFERENCES), replace=False)
    return {
        "labels": labels,
        "image": image,
        "positions": mean(places),
        "areas": mean.areas.astype(np.float32),
        "references": references.astype(np.int32),
        **_edges(labels),
        **{name: _unit(values) for name, values in described.items()},
    }


@dataclass(frozen=True, eq=False)
class Superpixels:
    """Superpixels of an image, and who their neighbours are.

    Attributes
    ----------
    arrays : dict of ndarray
        As `describe` made them: ``labels`` (h, w), ``positions`` (N, 2), ``areas`` (N,), ``references``,
        ``edges`` (E, 2), ``lengths`` (E,), and (N, C) for each descriptor.
    """

    arrays: Prepared

    @property
    def count(self) -> int:
        """Number of superpixels, N."""
        return int(self.arrays["areas"].size)

    @property
    def labels(self) -> npt.NDArray[np.int32]:
        """Superpixel of each pixel, (h, w)."""
        return self.arrays["labels"]

    @property
    def descriptors(self) -> tuple[npt.NDArray[np.float32], ...]:
        """Each of `DESCRIPTORS`, (N, C); (N, 0) where it is missing."""
        nothing = np.zeros((self.count, 0), np.float32)
        return tuple(self.arrays.get(name, nothing) for name in DESCRIPTORS)

    @cached_property
    def costs(self) -> npt.NDArray[np.float64]:
        """How different the two ends of each edge are, (E,), 1 on average."""
        first, second = self.arrays["edges"].T
        total = np.zeros(len(first))
        for name, weight in _COST_WEIGHTS.items():
            if name in self.arrays:
                values = self.arrays[name]
                total += weight * ((values[first] - values[second]) ** 2).sum(axis=1)
        cost = np.sqrt(total)
        return np.asarray(cost / (cost.mean() + 1e-9))

    @cached_property
    def affinities(self) -> npt.NDArray[np.float64]:
        """How alike the two ends of each edge are, times the root of its length, (E,)."""
        lengths = self.arrays["lengths"].astype(np.float64)
        return np.asarray(
            np.sqrt(lengths) * np.exp(-(self.costs**2) / (np.mean(self.costs**2) + 1e-9)) + 1e-4
        )

    def matrix(self, weights: npt.NDArray[np.float64]) -> sparse.csr_array:
        """Return weights (E,) of the edges as a symmetric matrix (N, N)."""
        first, second = self.arrays["edges"].T
        both = (np.r_[first, second], np.r_[second, first])
        return sparse.coo_array((np.r_[weights, weights], both), (self.count, self.count)).tocsr()

    @cached_property
    def paths(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Lengths of edges for walks that avoid differences, mildly and strongly."""
        return self.matrix(self.costs + 0.02), self.matrix(self.costs**2 + 0.02)

    @cached_property
    def averages(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Averages over the neighbours: over those alike, and over all."""
        made = []
        for weights in (self.affinities, self.arrays["lengths"].astype(np.float64)):
            matrix = self.matrix(weights)
            scale = 1 / (np.asarray(matrix.sum(axis=1)).ravel() + 1e-9)
            made.append((sparse.diags_array(scale) @ matrix).tocsr())
        return made[0], made[1]

    def spread(self, shares: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return shares (N,) on the pixels (h, w), smooth at the scale of a superpixel."""
        sigma = max(0.5, 0.4 * float(np.sqrt(self.labels.size / self.count)))
        return np.asarray(cv2.GaussianBlur(shares[self.labels].astype(np.float32), (0, 0), sigma))

    def shares_of(self, mask: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return how full each superpixel is of a mask (h, w), (N,)."""
        sums = np.bincount(self.labels.ravel(), mask.ravel(), minlength=self.count)
        return (sums / self.arrays["areas"]).astype(np.float32)


class _Means:
    """Means of images over superpixels."""

    def __init__(self, labels: npt.NDArray[np.int32], count: int) -> None:
        self._flat = labels.ravel()
        self._count = count
        self.areas = np.bincount(self._flat, minlength=count)

    def __call__(self, image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        bands = image.reshape(-1, image.shape[-1]).T
        sums = [np.bincount(self._flat, band, minlength=self._count) for band in bands]
        return (np.stack(sums, axis=1) / self.areas[:, None]).astype(np.float32)


def _superpixels(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    from skimage.segmentation import slic

    height, width = image.shape[:2]
    if height * width <= _SUPERPIXELS:
        return np.arange(height * width, dtype=np.int32).reshape(height, width)
    made = slic(
        image, n_segments=_SUPERPIXELS, compactness=_COMPACTNESS, sigma=0.5, max_num_iter=5, start_label=0
    )
    return np.asarray(made, dtype=np.int32)


def _texture(lab: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return how rough the surroundings of each pixel are, and their colour, (h, w, 4)."""
    reach = max(2.0, max(lab.shape[:2]) / 64)
    lightness = lab[..., 0]
    rough = np.abs(lightness - cv2.GaussianBlur(lightness, (0, 0), reach / 2))
    around = cv2.GaussianBlur(lab, (0, 0), reach)
    return np.dstack([cv2.GaussianBlur(rough, (0, 0), 2 * reach), around])


def _enlarged(level: npt.NDArray[np.float32], shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    size = (shape[1], shape[0])
    return np.dstack([cv2.resize(channel, size, interpolation=cv2.INTER_LINEAR) for channel in level])


def _standard(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray((values - values.mean(axis=0)) / (values.std(axis=0) + 1e-3), np.float32)


def _principal(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the first principal components of descriptions (N, C)."""
    centred = values - values.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    return np.ascontiguousarray(centred @ directions[:, : -_COMPONENTS - 1 : -1])


def _unit(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return descriptions (N, C) about their mean, 1 long on average."""
    centred = values - values.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=1).mean()) + 1e-6
    return np.ascontiguousarray(centred / length, dtype=np.float32)


def _edges(labels: npt.NDArray[np.int32]) -> Prepared:
    first = np.concatenate([labels[:, :-1].ravel(), labels[:-1].ravel()]).astype(np.int64)
    second = np.concatenate([labels[:, 1:].ravel(), labels[1:].ravel()]).astype(np.int64)
    count = int(labels.max()) + 1
    apart = first != second
    low, high = np.minimum(first, second)[apart], np.maximum(first, second)[apart]
    keys, lengths = np.unique(low * count + high, return_counts=True)
    return {
        "edges": np.stack([keys // count, keys % count], axis=1).astype(np.int32),
        "lengths": lengths.astype(np.int32),
    }
