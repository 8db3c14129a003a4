"""Labels taken over from the prediction, from another layer, or from another date of the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing.tools.polygon import outlined
from napari_rsseg.editing.tools.trimming import trimmed
from napari_rsseg.project import Provenance
from napari_rsseg.scenes.georeferencing import parsed_crs, same_crs
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from napari_rsseg.editing.operation import Operation
    from napari_rsseg.editing.tools.ground import Ground
    from napari_rsseg.scenes.scene import Georeference

__all__ = ["copy_from", "copy_prediction", "on_other_grid"]


def copy_prediction(ground: Ground, region: npt.NDArray[np.float64]) -> Operation | None:
    """Bring back what the model said in a drawn region; the pixels count as looked at and agreed with.

    Parameters
    ----------
    ground : Ground
        What the model said.
    region : ndarray, (n, 2), float
        Corners of the region, rows and columns.
    """
    found = outlined(region, ground.extent)
    if found is None:
        return None
    window, mask = found
    predicted = ground.predicted(window)
    where = mask & (predicted != IGNORED)
    return trimmed("copy from prediction", window, where, predicted, Provenance.ACCEPTED)


def copy_from(
    ground: Ground,
    region: npt.NDArray[np.float64],
    read: Callable[[Window], npt.NDArray[np.uint8]],
) -> Operation | None:
    """Take over other labels in a drawn region, where these say something.

    Parameters
    ----------
    ground : Ground
        What is changed.
    region : ndarray, (n, 2), float
        Corners of the region, rows and columns.
    read : callable
        Returns the other labels of a window of this scene, (height, width), uint8, in this scheme's ids;
        see `on_other_grid` for those of another date.
    """
    found = outlined(region, ground.extent)
    if found is None:
        return None
    window, mask = found
    other = read(window)
    return trimmed("copy", window, mask & (other != IGNORED), other, Provenance.IMPORTED)


def on_other_grid(
    window: Window,
    here: Georeference,
    there: Georeference,
    extent: Window,
    read: Callable[[Window], npt.NDArray[np.uint8]],
) -> npt.NDArray[np.uint8]:
    """Return labels of another scene at the pixels of this one: the nearest pixel on the map.

    Parameters
    ----------
    window : Window
        In pixels of this scene.
    here, there : Georeference
        Of this scene and of the other one; without coordinates, pixels are taken for pixels.
    extent : Window
        All pixels of the other scene.
    read : callable
        Returns labels of a window of the other scene.

    Returns
    -------
    ndarray, (height, width) of the window, uint8
        255 outside the other scene.
    """
    rows, columns = _places(window, here, there)
    inside = (
        (rows >= extent.row_start)
        & (rows < extent.row_stop)
        & (columns >= extent.column_start)
        & (columns < extent.column_stop)
    )
    labels = np.full(window.shape, IGNORED, dtype=np.uint8)
    if inside.any():
        around = Window(
            int(rows[inside].min()), int(rows[inside].max()) + 1,
            int(columns[inside].min()), int(columns[inside].max()) + 1,
        )  # fmt: skip
        other = read(around)
        labels[inside] = other[rows[inside] - around.row_start, columns[inside] - around.column_start]
    return labels


def _places(
    window: Window, here: Georeference, there: Georeference
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return row and column in the other scene under the centre of each pixel."""
    from pyproj import Transformer

    rows, columns = np.mgrid[window.slices] + 0.5
    if here.crs_wkt is not None and there.crs_wkt is not None:
        a, b, c, d, e, f = here.affine
        x, y = a * columns + b * rows + c, d * columns + e * rows + f
        if not same_crs(here, there):
            crs = parsed_crs(here.crs_wkt), parsed_crs(there.crs_wkt)
            x, y = Transformer.from_crs(*crs, always_xy=True).transform(x, y)
        a, b, c, d, e, f = there.affine
        (a, b), (d, e) = np.linalg.inv([[a, b], [d, e]])
        columns, rows = a * (x - c) + b * (y - f), d * (x - c) + e * (y - f)
    whole = (np.floor(np.nan_to_num(part, nan=-1, posinf=-1, neginf=-1)) for part in (rows, columns))
    other_rows, other_columns = (part.astype(np.int64) for part in whole)
    return other_rows, other_columns
