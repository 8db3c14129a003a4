"""Landslides: scars that start on steep ground, run down the fall line and come to rest in a fan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.synthetic.noise import Float, Grid, Noise, uniform

if TYPE_CHECKING:
    from napari_rsseg.scenes.synthetic.terrain import Terrain

__all__ = ["REACH_PX", "Landslides", "make_landslides"]

CELL_PX = 28
"""Distance of places where a slope may fail, pixels."""
STEPS = 8
MAXIMUM_LENGTH_PX = 64.0
MAXIMUM_RADIUS_PX = 9.0
REACH_PX = MAXIMUM_LENGTH_PX + 2.5 * MAXIMUM_RADIUS_PX
"""How far from its start a landslide can matter, pixels; relief must be known that far around a window."""
COARSEST_STEP_PX = 8
"""On coarser levels single landslides are below a pixel; their mean share is given instead."""
_KEY, _EVENT_KEY, _EDGE_KEY = 201, 221, 241
# half width along the way, over the largest: a debris flow with scarp, track and fan; a shallow slip
_FLOW_PROFILE = np.asarray([0.55, 1.0, 0.95, 0.7, 0.55, 0.5, 0.6, 0.85, 0.8], dtype=np.float32)
_SLIP_PROFILE = np.asarray([0.5, 0.75, 0.9, 1.0, 1.0, 0.95, 0.85, 0.7, 0.45], dtype=np.float32)

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Landslides:
    """Scars on one grid, all arrays (height, width) float32.

    Attributes
    ----------
    outside_px : ndarray
        Signed distance to the outline, pixels; below 0 inside.
    progress : ndarray
        0 at the head scarp, 1 at the toe; meaningful inside.
    across : ndarray
        Distance to the middle line over the half width; meaningful inside.
    """

    outside_px: Float
    progress: Float
    across: Float


@dataclass(frozen=True)
class _Paths:
    """Middle lines (N, STEPS + 1) of rows and columns in level-0 pixels, and half widths at the vertices."""

    rows: Points
    columns: Points
    radius: Float


def make_landslides(noise: Noise, grid: Grid, terrain: Terrain) -> Landslides:
    """Place, trace and outline the landslides of a window.

    Parameters
    ----------
    noise : Noise
        Of the scene.
    grid : Grid
        Pixels to fill; step at most ``COARSEST_STEP_PX``.
    terrain : Terrain
        Coarse relief that covers the grid and ``2 * REACH_PX`` around it.
    """
    paths = _trace(noise, grid, terrain)
    shape = (grid.height, grid.width)
    ragged = noise.fractal(grid, wavelengths_px=(18.0, 9.0, 4.5, 2.3), gain=0.8, key=_EDGE_KEY)
    outside = np.full(shape, np.float32(99))
    progress = np.zeros(shape, dtype=np.float32)
    across = np.ones(shape, dtype=np.float32)
    rows, columns = grid.rows, grid.columns
    reach = paths.radius.max(axis=1, initial=0.0) + 4.0
    for index in range(len(paths.rows)):
        first_row, last_row = np.searchsorted(
            rows, (paths.rows[index].min() - reach[index], paths.rows[index].max() + reach[index])
        )
        first_column, last_column = np.searchsorted(
            columns, (paths.columns[index].min() - reach[index], paths.columns[index].max() + reach[index])
        )
        if first_row == last_row or first_column == last_column:
            continue
        box = (slice(first_row, last_row), slice(first_column, last_column))
        distance, along, radius = _distance_to_path(paths, index, rows[box[0]], columns[box[1]])
        signed = distance - radius
        closer = signed < outside[box]
        np.copyto(outside[box], signed, where=closer)
        np.copyto(progress[box], along, where=closer)
        np.copyto(across[box], distance / radius, where=closer)
    return Landslides(outside_px=outside + np.float32(1.5) * ragged, progress=progress, across=across)


def _trace(noise: Noise, grid: Grid, terrain: Terrain) -> _Paths:
    """Start where ground is steep and the event was strong; walk down the gradient."""
    margin = REACH_PX
    cell_rows = np.arange(
        int((grid.rows[0] - margin) // CELL_PX), int((grid.rows[-1] + margin) // CELL_PX) + 1
    )
    cell_columns = np.arange(
        int((grid.columns[0] - margin) // CELL_PX), int((grid.columns[-1] + margin) // CELL_PX) + 1
    )
    cells = (np.repeat(cell_rows, cell_columns.size), np.tile(cell_columns, cell_rows.size))

    def draw(key: int) -> Float:
        return uniform(*cells, seed=noise.seed, key=_KEY + key)

    row: Points = (cells[0].astype(np.float64) + draw(0)) * CELL_PX
    column: Points = (cells[1].astype(np.float64) + draw(1)) * CELL_PX
    event = noise.at(row, column, wavelength_px=260, key=_EVENT_KEY)
    steepness = _sample(terrain, terrain.slope, row, column)
    chance = np.clip((steepness - 0.22) * 4.0, 0.0, 1.0) * np.clip(0.8 + 0.7 * event, 0.0, 1.0)
    starts = draw(2) < chance
    row, column, size, shape = row[starts], column[starts], draw(3)[starts], draw(4)[starts]
    size = size * np.sqrt(size)  # many small, few large
    length = (12.0 + (MAXIMUM_LENGTH_PX - 14.0) * size) * (0.7 + 0.3 * shape)
    radius = 1.4 + (MAXIMUM_RADIUS_PX * 0.62 - 1.4) * (0.7 * size + 0.3 * shape)
    rows, columns = _walk(terrain, row, column, length)
    bulge = draw(5)[starts][:, None]
    profile = _FLOW_PROFILE * bulge + _SLIP_PROFILE * (np.float32(1) - bulge)
    return _Paths(rows, columns, (radius[:, None] * profile).astype(np.float32))


def _walk(
    terrain: Terrain, row: Points, column: Points, length: npt.NDArray[np.float64]
) -> tuple[Points, Points]:
    rows, columns = [row], [column]
    stride = length / STEPS
    heading = (np.zeros_like(row), np.zeros_like(column))
    for _ in range(STEPS):
        down = -_sample(terrain, terrain.south, rows[-1], columns[-1])
        right = -_sample(terrain, terrain.east, rows[-1], columns[-1])
        steep = np.sqrt(down * down + right * right) + 1e-6
        heading = (0.45 * heading[0] + down / steep, 0.45 * heading[1] + right / steep)
        norm = np.sqrt(heading[0] ** 2 + heading[1] ** 2) + 1e-6
        # debris slows where the ground levels out
        pace = stride * np.clip(0.35 + 1.6 * steep, 0.35, 1.0)
        rows.append(rows[-1] + pace * heading[0] / norm)
        columns.append(columns[-1] + pace * heading[1] / norm)
    return np.stack(rows, axis=1), np.stack(columns, axis=1)


def _sample(terrain: Terrain, values: Float, row: Points, column: Points) -> npt.NDArray[np.float64]:
    """Interpolate a coarse field linearly at points of level 0."""
    grid = terrain.grid
    at_row, at_column = row / grid.step, column / grid.step
    below_row, below_column = np.floor(at_row).astype(np.int64), np.floor(at_column).astype(np.int64)
    share_row, share_column = at_row - below_row, at_column - below_column
    upper = np.clip(below_row - grid.row_start, 0, grid.height - 2)
    left = np.clip(below_column - grid.column_start, 0, grid.width - 2)
    high = values[upper, left] * (1 - share_column) + values[upper, left + 1] * share_column
    low = values[upper + 1, left] * (1 - share_column) + values[upper + 1, left + 1] * share_column
    interpolated: npt.NDArray[np.float64] = high * (1 - share_row) + low * share_row
    return interpolated


def _distance_to_path(paths: _Paths, index: int, rows: Points, columns: Points) -> tuple[Float, Float, Float]:
    """Return distance to the middle line, progress along it and half width there, each (rows, columns)."""
    origin_row, origin_column = paths.rows[index, 0], paths.columns[index, 0]
    down = (rows - origin_row).astype(np.float32)[:, None]
    right = (columns - origin_column).astype(np.float32)[None, :]
    path_rows = (paths.rows[index] - origin_row).astype(np.float32)
    path_columns = (paths.columns[index] - origin_column).astype(np.float32)
    shape = (rows.size, columns.size)
    best, distance = np.full(shape, np.float32(1e9)), np.zeros(shape, dtype=np.float32)
    progress, radius = np.zeros(shape, dtype=np.float32), np.ones(shape, dtype=np.float32)
    for step in range(STEPS):
        leg_down, leg_right = (
            path_rows[step + 1] - path_rows[step],
            path_columns[step + 1] - path_columns[step],
        )
        from_down, from_right = down - path_rows[step], right - path_columns[step]
        share = (from_down * leg_down + from_right * leg_right) / (
            leg_down**2 + leg_right**2 + np.float32(1e-6)
        )
        share = np.clip(share, np.float32(0), np.float32(1))
        gap_down, gap_right = from_down - share * leg_down, from_right - share * leg_right
        here = np.sqrt(gap_down * gap_down + gap_right * gap_right)
        start, stop = paths.radius[index, step], paths.radius[index, step + 1]
        half_width = start + share * (stop - start)
        closer = here - half_width < best
        np.copyto(best, here - half_width, where=closer)
        np.copyto(distance, here, where=closer)
        np.copyto(radius, half_width, where=closer)
        np.copyto(progress, (share + np.float32(step)) * np.float32(1 / STEPS), where=closer)
    return distance, progress, radius
