"""Outlines: drawn corner by corner (polygon) or in one go (lasso)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.editing.tools.trimming import trimmed
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.editing.operation import Operation

__all__ = ["outlined", "polygon"]


def outlined(
    vertices: npt.NDArray[np.float64], extent: Window
) -> tuple[Window, npt.NDArray[np.bool_]] | None:
    """Return the pixels whose centres lie inside an outline, in the smallest window; None for none.

    Parameters
    ----------
    vertices : ndarray, (n, 2), float
        Rows and columns; whole numbers are pixel centres. The outline is closed by itself.
    extent : Window
        Pixels beyond are left out.
    """
    from skimage.draw import polygon as rasterize

    if len(vertices) < 3:
        return None
    corner = (extent.row_start, extent.column_start)
    places = np.asarray(vertices, dtype=np.float64) - corner
    rows, columns = rasterize(places[:, 0], places[:, 1], extent.shape)
    if not rows.size:
        return None
    window = Window(int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1)
    mask = np.zeros(window.shape, dtype=bool)
    mask[rows - window.row_start, columns - window.column_start] = True
    return window.shifted(*corner), mask


def polygon(
    vertices: npt.NDArray[np.float64], class_id: int, extent: Window, *, tool: str = "polygon"
) -> Operation | None:
    """Return the operation that gives the pixels inside an outline a class; parameters as of `outlined`."""
    found = outlined(vertices, extent)
    return None if found is None else trimmed(tool, *found, class_id)
