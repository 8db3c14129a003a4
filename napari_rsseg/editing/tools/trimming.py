"""Operations of the smallest window that holds all their pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.editing.operation import Operation
from napari_rsseg.project import Provenance
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["trimmed", "trimmed_mask"]


def trimmed_mask(window: Window, where: npt.NDArray[np.bool_]) -> tuple[Window, npt.NDArray[np.bool_]] | None:
    """Return the smallest window around the pixels of a mask, and the mask in it; None for no pixel."""
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    if not rows.size:
        return None
    inner = Window(int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)
    return inner.shifted(window.row_start, window.column_start), where[inner.slices]


def trimmed(
    tool: str,
    window: Window,
    where: npt.NDArray[np.bool_],
    labels: npt.NDArray[np.uint8] | int | None,
    provenance: Provenance = Provenance.CORRECTED,
) -> Operation | None:
    """Return an operation of the smallest window; None where no pixel changes.

    Parameters
    ----------
    tool : str
        What made it.
    window : Window
        Of the arrays.
    where : ndarray, (height, width) of the window, bool
        Pixels that change.
    labels : ndarray, (height, width) of the window, uint8, or int, or None
        New ids, one for all, or None where only the provenance changes.
    provenance : Provenance
        What changed pixels become.
    """
    found = trimmed_mask(window, where)
    if found is None:
        return None
    inner, mask = found
    new = labels[inner.within(window).slices] if isinstance(labels, np.ndarray) else labels
    return Operation(tool, inner, mask, new, provenance)
