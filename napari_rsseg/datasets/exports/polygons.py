"""Label ids to polygons, block by block, joined again across the borders of blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from shapely import Polygon

__all__ = ["BLOCK_PX", "trace_polygons"]

_Numbers = npt.NDArray[np.uint8] | npt.NDArray[np.int32]
BLOCK_PX = 4096
"""Side of the blocks that are traced at once."""


def trace_polygons(
    read: Callable[[Window], _Numbers],
    size: tuple[int, int],
    *,
    classes: Collection[int],
    block_px: int = BLOCK_PX,
) -> Iterator[tuple[int, Polygon]]:
    """Outline the connected areas of each class.

    Parameters
    ----------
    read : callable
        Gives the ids of a window, (rows, columns), uint8 or int32.
    size : (int, int)
        Rows and columns of the raster.
    classes : collection of int
        Ids to outline.
    block_px : int
        Side of the blocks; the result does not depend on it.

    Yields
    ------
    (int, Polygon)
        Id and outline in pixels, x = column, y = row; areas that touch at a corner only are apart.
    """
    import shapely

    height, width = size
    open_pieces: dict[int, list[Polygon]] = {}
    for row in range(0, height, block_px):
        for column in range(0, width, block_px):
            window = Window(row, row + block_px, column, column + block_px).intersection(
                Window.of(height, width)
            )
            for label, polygon in _trace_block(read(window), window, classes):
                if _reaches_border(polygon, window, size):
                    open_pieces.setdefault(label, []).append(polygon)
                else:
                    yield label, polygon
    for label, pieces in sorted(open_pieces.items()):
        joined = shapely.get_parts(shapely.union_all(np.asarray(pieces, dtype=object)))
        # corners of blocks leave vertices on straight edges
        for polygon in shapely.normalize(shapely.simplify(joined, 0.0)):
            yield label, polygon


def _trace_block(labels: _Numbers, window: Window, classes: Collection[int]) -> Iterator[tuple[int, Polygon]]:
    import shapely
    from rasterio.features import shapes
    from rasterio.transform import Affine

    wanted = np.isin(labels, list(classes))
    if not wanted.any():
        return
    place = Affine.translation(window.column_start, window.row_start)
    for geometry, label in shapes(labels, mask=wanted, connectivity=4, transform=place):
        rings = geometry["coordinates"]
        yield int(label), shapely.normalize(shapely.Polygon(rings[0], rings[1:]))


def _reaches_border(polygon: Polygon, window: Window, size: tuple[int, int]) -> bool:
    """Whether the area may go on in a neighbouring block."""
    left, top, right, bottom = polygon.bounds
    return bool(
        (top == window.row_start > 0)
        or (left == window.column_start > 0)
        or (bottom == window.row_stop < size[0])
        or (right == window.column_stop < size[1])
    )
