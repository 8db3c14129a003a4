"""Objects in a drawn region, chosen by class, size and confidence: replaced, deleted or merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.tools.components import components
from napari_rsseg.editing.tools.ground import FULL_CONFIDENCE
from napari_rsseg.editing.tools.polygon import outlined
from napari_rsseg.editing.tools.surroundings import from_around
from napari_rsseg.editing.tools.trimming import trimmed

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.editing.operation import Operation
    from napari_rsseg.editing.tools.ground import Ground
    from napari_rsseg.scenes.windows import Window

__all__ = ["ObjectFilter", "delete_objects", "merge_objects", "replace_objects"]

_AROUND_PX = 256  # how far beyond the region objects are followed to learn their size


@dataclass(frozen=True)
class ObjectFilter:
    """Which objects are meant; by default all.

    Parameters
    ----------
    classes : frozenset of int, or None
        Their classes; None: any.
    least_px, most_px : int, int or None
        Their size in pixels, both included; None: no bound.
    below_confidence : float or None
        Only objects of which the model was less sure on average, 0 to 1; those of which no model said
        anything are never left out.
    """

    classes: frozenset[int] | None = None
    least_px: int = 0
    most_px: int | None = None
    below_confidence: float | None = None


@dataclass(frozen=True, eq=False)
class _Chosen:
    """Objects that a filter leaves, in a window around the region.

    Attributes
    ----------
    window, labels : Window, ndarray
        The window and its labels.
    numbers : ndarray, (height, width), int
        Object of each pixel; 0 where it is not meant, or lies outside the region.
    """

    window: Window
    labels: npt.NDArray[np.uint8]
    numbers: npt.NDArray[np.intp]

    @property
    def where(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.numbers > 0)


def replace_objects(
    ground: Ground, region: npt.NDArray[np.float64], wanted: ObjectFilter, class_id: int
) -> Operation | None:
    """Give objects in a region a class; only what lies inside the region changes.

    Parameters
    ----------
    ground : Ground
        Labels and confidence.
    region : ndarray, (n, 2), float
        Corners of the drawn region, rows and columns.
    wanted : ObjectFilter
        Which objects; sizes are those of whole objects, also where the region cuts them.
    class_id : int
        What they become.
    """
    found = _choose(ground, region, wanted)
    if found is None:
        return None
    return trimmed("replace", found.window, found.where & (found.labels != class_id), class_id)


def delete_objects(
    ground: Ground, region: npt.NDArray[np.float64], wanted: ObjectFilter, background: int | None
) -> Operation | None:
    """Let objects in a region become background, or where a scheme has none, what lies around them.

    Parameters
    ----------
    ground, region, wanted : Ground, ndarray, ObjectFilter
        As of `replace_objects`.
    background : int or None
        Class of what is nothing else; None: each pixel gets the nearest label beside the objects.
    """
    found = _choose(ground, region, wanted)
    if found is None:
        return None
    if background is not None:
        return trimmed("delete", found.window, found.where & (found.labels != background), background)
    new = from_around(found.labels, found.where)
    return trimmed("delete", found.window, found.where & (new != found.labels), new)


def merge_objects(ground: Ground, region: npt.NDArray[np.float64], wanted: ObjectFilter) -> Operation | None:
    """Give objects in a region the class of the largest among them; parameters as of `replace_objects`."""
    found = _choose(ground, region, wanted)
    if found is None or not found.where.any():
        return None
    largest = int(np.argmax(np.bincount(found.numbers[found.where])))
    class_id = int(found.labels[found.numbers == largest][0])
    return trimmed("merge", found.window, found.where & (found.labels != class_id), class_id)


def _choose(ground: Ground, region: npt.NDArray[np.float64], wanted: ObjectFilter) -> _Chosen | None:
    inside = outlined(region, ground.extent)
    if inside is None:
        return None
    window = inside[0].grown(_AROUND_PX).intersection(ground.extent)
    labels = ground.labels(window)
    numbers, sizes = components(labels)
    keep = _kept(ground, window, labels, numbers, sizes, wanted)
    mask = np.zeros(window.shape, dtype=bool)
    mask[inside[0].within(window).slices] = inside[1]
    return _Chosen(window, labels, np.where(mask & keep[numbers], numbers, 0))


def _kept(
    ground: Ground,
    window: Window,
    labels: npt.NDArray[np.uint8],
    numbers: npt.NDArray[np.intp],
    sizes: npt.NDArray[np.int64],
    wanted: ObjectFilter,
) -> npt.NDArray[np.bool_]:
    """Return whether each object is meant, by its number."""
    keep = sizes >= wanted.least_px
    if wanted.most_px is not None:
        keep &= sizes <= wanted.most_px
    if wanted.classes is not None:
        ids = np.full(len(sizes), IGNORED, dtype=np.uint8)
        ids[numbers.ravel()] = labels.ravel()
        keep &= np.isin(ids, list(wanted.classes))
    if wanted.below_confidence is not None:
        confidence = ground.confidence(window)
        said = confidence != IGNORED
        counts = np.bincount(numbers[said], minlength=len(sizes))
        sums = np.bincount(numbers[said], weights=confidence[said], minlength=len(sizes))
        keep &= sums <= wanted.below_confidence * FULL_CONFIDENCE * counts
    keep[0] = False
    return np.asarray(keep)
