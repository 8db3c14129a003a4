"""Farmland: blocks between tracks, each cut into strips of fields in a direction of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.synthetic.noise import Float, Grid, Noise, uniform

__all__ = ["Parcels", "make_parcels"]

BLOCK_PX = 78.0
"""Mean side of a block of fields in pixels."""
_Index = npt.NDArray[np.int64]
_BLOCK_KEY, _FIELD_KEY, _WARP_KEY = 101, 121, 141


@dataclass(frozen=True)
class Parcels:
    """Fields on one grid, all arrays (height, width) float32.

    Attributes
    ----------
    kind, tint : ndarray
        Two independent numbers in 0 to 1, constant in each field.
    edge_px : ndarray
        Distance to the border of the field, pixels.
    track_px : ndarray
        Distance to the border of the block, pixels.
    """

    kind: Float
    tint: Float
    edge_px: Float
    track_px: Float


def make_parcels(noise: Noise, grid: Grid) -> Parcels:
    """Cut the plane into blocks (a jittered Voronoi diagram) and these into strips."""
    bend = np.float32(7.0)
    row_bend = bend * noise.field(grid, wavelength_px=60, key=_WARP_KEY)
    column_bend = bend * noise.field(grid, wavelength_px=60, key=_WARP_KEY + 1)
    cell_row, cell_column, away, track_px = _blocks(noise.seed, grid, (row_bend, column_bend))

    def of_block(key: int) -> Float:
        return uniform(cell_row, cell_column, seed=noise.seed, key=_FIELD_KEY + key)

    # directions of rationals: no trigonometry, whose last bit depends on the length of the array
    turn = (of_block(0) - np.float32(0.5)) * np.float32(2.4)
    norm = np.float32(1) / np.sqrt(np.float32(1) + turn * turn)
    along = (away[0] + turn * away[1]) * norm
    across = (away[1] - turn * away[0]) * norm
    width = np.float32(7) + np.float32(15) * of_block(1)
    strip = np.floor(across / width)
    length = width * (np.float32(1.4) + np.float32(2.8) * of_block(2))
    strip_index = strip.astype(np.int64)
    shift = uniform(cell_row * 31 + strip_index, cell_column, seed=noise.seed, key=_FIELD_KEY + 3)
    piece = np.floor(along / length + shift)
    piece_index = piece.astype(np.int64)

    def of_field(key: int) -> Float:
        return uniform(
            cell_row * 1009 + strip_index,
            cell_column * 917 + piece_index,
            seed=noise.seed,
            key=_FIELD_KEY + key,
        )

    across_px = across - strip * width
    along_px = along - (piece - shift) * length
    edge_px = np.minimum(np.minimum(across_px, width - across_px), np.minimum(along_px, length - along_px))
    return Parcels(
        kind=of_field(4), tint=of_field(5), edge_px=np.minimum(edge_px, track_px), track_px=track_px
    )


def _blocks(
    seed: int, grid: Grid, bend: tuple[Float, Float]
) -> tuple[_Index, _Index, tuple[Float, Float], Float]:
    """Return the block of each pixel, the way to its middle and the distance to its border, pixels."""
    shape = (grid.height, grid.width)
    base_row = np.floor(grid.rows / BLOCK_PX).astype(np.int64)
    base_column = np.floor(grid.columns / BLOCK_PX).astype(np.int64)
    # coordinates relative to the block lattice stay small, so float32 keeps their fractions
    local_row = (grid.rows - base_row * BLOCK_PX).astype(np.float32)[:, None] + bend[0]
    local_column = (grid.columns - base_column * BLOCK_PX).astype(np.float32)[None, :] + bend[1]
    lattice_rows = np.arange(base_row[0] - 1, base_row[-1] + 2)
    lattice_columns = np.arange(base_column[0] - 1, base_column[-1] + 2)
    jitter = [
        uniform(lattice_rows[:, None], lattice_columns[None, :], seed=seed, key=_BLOCK_KEY + axis)
        * np.float32(BLOCK_PX)
        for axis in range(2)
    ]
    nearest = np.full(shape, np.float32(1e9))
    second = np.full(shape, np.float32(1e9))
    cell = np.zeros(shape, dtype=np.int8)
    away = [np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)]
    for index in range(9):
        row_offset, column_offset = index // 3 - 1, index % 3 - 1
        at_row = base_row + row_offset - lattice_rows[0]
        at_column = base_column + column_offset - lattice_columns[0]
        centre_row, centre_column = (
            np.take(np.take(values, at_row, axis=0), at_column, axis=1, mode="clip") for values in jitter
        )
        down = local_row - (centre_row + np.float32(row_offset * BLOCK_PX))
        right = local_column - (centre_column + np.float32(column_offset * BLOCK_PX))
        squared = down * down + right * right
        closer = squared < nearest
        second = np.where(closer, nearest, np.minimum(second, squared))
        np.copyto(nearest, squared, where=closer)
        np.copyto(cell, np.int8(index), where=closer)
        np.copyto(away[0], down, where=closer)
        np.copyto(away[1], right, where=closer)
    cell_row = base_row[:, None] + (cell // 3 - 1)
    cell_column = base_column[None, :] + (cell % 3 - 1)
    track_px = (np.sqrt(second) - np.sqrt(nearest)) * np.float32(0.5)
    return cell_row, cell_column, (away[0], away[1]), track_px
