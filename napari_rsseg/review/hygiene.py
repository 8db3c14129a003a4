"""What labels should not have: holes, specks, classes against nodata, chips twice; each with its fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing import Operation
from napari_rsseg.editing.tools import drop_specks
from napari_rsseg.project import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from napari_rsseg.editing.tools import Ground
    from napari_rsseg.scenes.windows import Window

__all__ = ["Finding", "FindingKind", "duplicate_findings", "find_faults", "fix"]

FindingKind = Literal["hole", "specks", "nodata edge", "duplicate"]

_BESIDE_PX = 2


@dataclass(frozen=True)
class Finding:
    """Something that labels should not have.

    Attributes
    ----------
    kind : {"hole", "specks", "nodata edge", "duplicate"}
        A hole in an object; objects too small to be mapped; a class that touches pixels where nothing was
        measured; a window that shows the same as another one.
    window : Window
        Where.
    pixels : int
        How many pixels its fix changes.
    words : str
        What it is, in a sentence.
    class_id : int
        Class that a hole is filled with; 255 for the others.
    """

    kind: FindingKind
    window: Window
    pixels: int
    words: str
    class_id: int = IGNORED


def find_faults(ground: Ground, window: Window, *, least_px: int) -> list[Finding]:
    """Return what is wrong with the labels of a window.

    Parameters
    ----------
    ground : Ground
        Labels, and where something was measured.
    window : Window
        Where to look.
    least_px : int
        Holes and objects below this size are faults.
    """
    found: list[Finding] = []
    for kind in ("hole", "specks", "nodata edge"):
        operation = _operation(kind, ground, window, least_px)
        if operation is None:
            continue
        pixels = int(operation.where.sum())
        words = {
            "hole": f"Holes below {least_px} px in objects, {pixels} px in all.",
            "specks": f"Objects below {least_px} px, {pixels} px in all.",
            "nodata edge": f"Classes touch pixels without data along {pixels} px.",
        }[kind]
        found.append(Finding(kind, operation.window, pixels, words))
    return found


def fix(finding: Finding, ground: Ground, *, least_px: int) -> Operation | None:
    """Return the one operation that mends a finding; None where it is gone already."""
    return _operation(finding.kind, ground, finding.window, least_px)


def duplicate_findings(pairs: Sequence[tuple[Window, Window]]) -> list[Finding]:
    """Return a finding for the second window of each pair that shows nearly the same picture.

    Its fix marks the labels of the second one as not to be counted, so that no set holds both.
    """
    return [
        Finding("duplicate", second, second.height * second.width, f"Shows nearly the same as {first}.")
        for first, second in pairs
    ]


def _operation(kind: FindingKind, ground: Ground, window: Window, least_px: int) -> Operation | None:
    if kind == "specks":
        return drop_specks(ground, window, least_px)
    if kind == "hole":
        return _without_holes(ground, window, least_px)
    if kind == "nodata edge":
        return _without_edges(ground, window)
    where = ground.labels(window) != IGNORED
    return Operation("duplicate", window, where, IGNORED, Provenance.CORRECTED) if where.any() else None


def _without_holes(ground: Ground, window: Window, least_px: int) -> Operation | None:
    """Fill small unlabelled or foreign components that lie wholly inside one object."""
    outer = window.grown(least_px).intersection(ground.extent)
    labels = ground.labels(outer)
    new = labels.copy()
    for inside, around in _enclosed(labels, least_px):
        new[inside] = around
    inner = window.within(outer).slices
    where = (new != labels)[inner]
    return Operation("fill holes", window, where, new[inner]) if where.any() else None


def _enclosed(labels: npt.NDArray[np.uint8], least_px: int) -> Iterator[tuple[npt.NDArray[np.bool_], int]]:
    """Yield the unlabelled components below a size that touch one label only and not the frame."""
    from scipy import ndimage

    numbers, count = ndimage.label(labels == IGNORED)
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    for number, place in enumerate(ndimage.find_objects(numbers), start=1):
        if sizes[number] >= least_px or _touches_frame(place, labels.shape):
            continue
        rows, columns = (slice(part.start - 1, part.stop + 1) for part in place)
        mask = numbers[rows, columns] == number
        rim = ndimage.binary_dilation(mask) & ~mask
        around = np.unique(labels[rows, columns][rim])
        if len(around) == 1:
            inside = np.zeros(labels.shape, dtype=np.bool_)
            inside[rows, columns] = mask
            yield inside, int(around[0])


def _touches_frame(place: tuple[slice, ...], shape: tuple[int, ...]) -> bool:
    return any(part.start == 0 or part.stop == size for part, size in zip(place, shape, strict=True))


def _without_edges(ground: Ground, window: Window) -> Operation | None:
    """Mark labels on and beside pixels without data as not to be counted."""
    from scipy import ndimage

    outer = window.grown(_BESIDE_PX).intersection(ground.extent)
    gap = ~ground.valid(outer)
    if not gap.any():
        return None
    near = ndimage.binary_dilation(gap, iterations=_BESIDE_PX)[window.within(outer).slices]
    where = near & (ground.labels(window) != IGNORED)
    return Operation("nodata edge", window, where, IGNORED) if where.any() else None
