"""How overlapping tiles become one map: smooth weights that add up to one at every pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["axis_weights"]


def axis_weights(
    starts: tuple[int, ...], tile_px: int, overlap_px: int
) -> tuple[npt.NDArray[np.float32], ...]:
    """Return the share of each tile in each of its rows (or columns).

    Along one axis a tile's weight rises over ``overlap_px`` from its first pixel and falls towards its last,
    except at the ends of the raster, where no neighbour takes over; then all are divided by their sum, so
    that a constant map stays constant. A tile of the plane weighs the product of its two axes.

    Parameters
    ----------
    starts : tuple of int
        First pixel of each tile, ascending.
    tile_px, overlap_px : int
        Side of a tile, and the length of the ramps.

    Returns
    -------
    tuple of ndarray, each (tile_px,), float32
        For each start the shares of its pixels, 0 to 1.
    """
    ramp = (np.arange(tile_px, dtype=np.float64) + 0.5) / max(overlap_px, 1)
    rising = np.sin(np.minimum(ramp, 1.0) * np.pi / 2) ** 2
    total = np.zeros(starts[-1] + tile_px, dtype=np.float64)
    weights = []
    for index, start in enumerate(starts):
        weight = np.ones(tile_px)
        if index > 0:
            weight = weight * rising
        if index < len(starts) - 1:
            weight = weight * rising[::-1]
        total[start : start + tile_px] += weight
        weights.append(weight)
    return tuple(
        (weight / total[start : start + tile_px]).astype(np.float32)
        for start, weight in zip(starts, weights, strict=True)
    )
