"""Counter-based noise: every value is a function of seed and coordinates alone, so all windows agree.

Lattice values come from an integer hash (the mixer "lowbias32" of C. Wellons, public domain) and are
interpolated by the cubic B-spline, which is smooth to the second derivative: hillshades show no grid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

__all__ = ["Grid", "Noise", "smoothstep", "uniform"]

Float = npt.NDArray[np.float32]
_UNIT_VARIANCE = 3.55  # B-spline smoothing of uniform lattice values leaves a standard deviation of 0.28


@dataclass(frozen=True)
class Grid:
    """Points on which fields are evaluated: row and column coordinates in pixels of level 0.

    Attributes
    ----------
    row_start, column_start : int
        Index of the first point, in steps.
    height, width : int
        Number of points.
    step : int
        Distance of points in level-0 pixels.
    centred : bool
        Whether points lie in the middle of pixels of this size (else on their corner).
    """

    row_start: int
    column_start: int
    height: int
    width: int
    step: int
    centred: bool = True

    @property
    def rows(self) -> npt.NDArray[np.float64]:
        """Row coordinates, (height,)."""
        return self._coordinates(self.row_start, self.height)

    @property
    def columns(self) -> npt.NDArray[np.float64]:
        """Column coordinates, (width,)."""
        return self._coordinates(self.column_start, self.width)

    def _coordinates(self, start: int, count: int) -> npt.NDArray[np.float64]:
        offset = 0.5 if self.centred else 0.0
        return (np.arange(start, start + count, dtype=np.float64) + offset) * self.step

    @property
    def mesh(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Row and column coordinates of all points, each (height, width)."""
        return (
            np.repeat(self.rows[:, None], self.width, axis=1),
            np.repeat(self.columns[None, :], self.height, axis=0),
        )

    def covering(self, step: int, *, margin_px: float = 0.0) -> Grid:
        """Return the coarser grid on multiples of ``step`` from which this one can be interpolated."""

        def span(coordinates: npt.NDArray[np.float64]) -> tuple[int, int]:
            first = int(np.floor((coordinates[0] - margin_px) / step)) - 1
            last = int(np.floor((coordinates[-1] + margin_px) / step)) + 2
            return first, last - first + 1

        row_start, height = span(self.rows)
        column_start, width = span(self.columns)
        return Grid(row_start, column_start, height, width, step, centred=False)

    def grown(self, points: int) -> Grid:
        """Return the grid with more points on each side."""
        return replace(
            self,
            row_start=self.row_start - points,
            column_start=self.column_start - points,
            height=self.height + 2 * points,
            width=self.width + 2 * points,
        )

    def moved(self, rows_px: int, columns_px: int) -> MovedGrid:
        """Return the same points somewhere else."""
        return MovedGrid(
            self.row_start,
            self.column_start,
            self.height,
            self.width,
            self.step,
            self.centred,
            rows_px,
            columns_px,
        )

    def interpolate(self, values: Float, onto: Grid) -> Float:
        """Carry a field from this grid to the points of a finer one by cubic B-spline.

        Parameters
        ----------
        values : ndarray, (height, width), float32
            The field on this grid.
        onto : Grid
            Points that this grid covers.

        Returns
        -------
        ndarray, (onto.height, onto.width), float32
        """
        first_row, row_weights = _spline_taps(onto.rows / self.step)
        first_column, column_weights = _spline_taps(onto.columns / self.step)
        return _separable(
            values,
            (first_row - self.row_start, first_column - self.column_start),
            (row_weights, column_weights),
        )


@dataclass(frozen=True)
class MovedGrid(Grid):
    """A grid whose points are displaced by whole pixels."""

    rows_px: int = 0
    columns_px: int = 0

    @property
    def rows(self) -> npt.NDArray[np.float64]:
        """Row coordinates, (height,)."""
        return self._coordinates(self.row_start, self.height) + self.rows_px

    @property
    def columns(self) -> npt.NDArray[np.float64]:
        """Column coordinates, (width,)."""
        return self._coordinates(self.column_start, self.width) + self.columns_px


@dataclass(frozen=True)
class Noise:
    """A family of independent smooth random fields with mean 0 and standard deviation 1.

    Parameters
    ----------
    seed : int
        Of the scene.
    """

    seed: int

    def field(self, grid: Grid, *, wavelength_px: float, key: int) -> Float:
        """Evaluate one octave on a grid.

        Parameters
        ----------
        grid : Grid
            Points.
        wavelength_px : float
            Distance of lattice values in level-0 pixels.
        key : int
            Which field of the family.

        Returns
        -------
        ndarray, (height, width), float32
        """
        first_row, row_weights = _spline_taps(grid.rows / wavelength_px)
        first_column, column_weights = _spline_taps(grid.columns / wavelength_px)
        rows = np.arange(first_row[0], first_row[-1] + 4)
        columns = np.arange(first_column[0], first_column[-1] + 4)
        lattice = uniform(rows[:, None], columns[None, :], seed=self.seed, key=key)
        lattice = (lattice - np.float32(0.5)) * np.float32(2.0 * _UNIT_VARIANCE)
        return _separable(
            lattice, (first_row - first_row[0], first_column - first_column[0]), (row_weights, column_weights)
        )

    def at(
        self,
        rows: npt.NDArray[np.float64],
        columns: npt.NDArray[np.float64],
        *,
        wavelength_px: float,
        key: int,
    ) -> Float:
        """Evaluate one octave at scattered points, (H, W) coordinates in level-0 pixels."""
        first_row, row_weights = _spline_taps(rows / wavelength_px)
        first_column, column_weights = _spline_taps(columns / wavelength_px)
        row_origin, column_origin = int(first_row.min()), int(first_column.min())
        lattice = uniform(
            np.arange(row_origin, int(first_row.max()) + 4)[:, None],
            np.arange(column_origin, int(first_column.max()) + 4)[None, :],
            seed=self.seed,
            key=key,
        )
        flat = ((lattice - np.float32(0.5)) * np.float32(2.0 * _UNIT_VARIANCE)).ravel()
        index = (first_row - row_origin) * lattice.shape[1] + (first_column - column_origin)
        total = np.zeros(rows.shape, dtype=np.float32)
        for row_tap in range(4):
            line = np.zeros(rows.shape, dtype=np.float32)
            for column_tap in range(4):
                line += column_weights[column_tap] * flat[index + (row_tap * lattice.shape[1] + column_tap)]
            total += row_weights[row_tap] * line
        return total

    def fractal(self, grid: Grid, *, wavelengths_px: tuple[float, ...], gain: float, key: int) -> Float:
        """Sum octaves whose amplitude falls by ``gain``; those a grid cannot resolve are left out."""
        total = np.zeros((grid.height, grid.width), dtype=np.float32)
        amplitude, power = 1.0, 0.0
        for octave, wavelength_px in enumerate(wavelengths_px):
            power += amplitude**2
            if wavelength_px >= 2 * grid.step:
                total += np.float32(amplitude) * self.field(
                    grid, wavelength_px=wavelength_px, key=key + octave
                )
            amplitude *= gain
        return total * np.float32(power**-0.5)


def uniform(rows: npt.NDArray[np.integer], columns: npt.NDArray[np.integer], *, seed: int, key: int) -> Float:
    """Hash lattice points to numbers in [0, 1), independent for each seed and key.

    Parameters
    ----------
    rows, columns : ndarray of int
        Lattice coordinates, of shapes that broadcast.
    seed, key : int
        Which of the fields.

    Returns
    -------
    ndarray of float32
        Multiples of 2**-24.
    """
    salt = np.uint32((seed * 0x9E3779B1 + key * 0x85EBCA77 + 0x165667B1) & 0xFFFFFFFF)
    mixed = _mix(rows.astype(np.int64).astype(np.uint32) ^ salt)
    mixed = _mix(mixed + columns.astype(np.int64).astype(np.uint32) * np.uint32(0x9E3779B1))
    return (mixed >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


def smoothstep(values: Float, low: float, high: float) -> Float:
    """Rise from 0 at ``low`` to 1 at ``high`` without corners."""
    share = np.clip((values - np.float32(low)) * np.float32(1.0 / (high - low)), np.float32(0), np.float32(1))
    step: Float = share * share * (np.float32(3) - np.float32(2) * share)
    return step


def _mix(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    words = words ^ (words >> np.uint32(16))
    words = words * np.uint32(0x7FEB352D)
    words = words ^ (words >> np.uint32(15))
    words = words * np.uint32(0x846CA68B)
    return words ^ (words >> np.uint32(16))


def _spline_taps(positions: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], tuple[Float, ...]]:
    """Return the first of four lattice indices around each position and their cubic B-spline weights."""
    below = np.floor(positions)
    share = (positions - below).astype(np.float32)
    rest = np.float32(1) - share
    sixth = np.float32(1.0 / 6.0)
    outer_low, outer_high = rest * rest * rest * sixth, share * share * share * sixth
    inner_low = np.float32(2.0 / 3.0) - share * share * (np.float32(1) - np.float32(0.5) * share)
    inner_high = np.float32(2.0 / 3.0) - rest * rest * (np.float32(1) - np.float32(0.5) * rest)
    return below.astype(np.int64) - 1, (outer_low, inner_low, inner_high, outer_high)


def _separable(
    lattice: Float,
    first: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    weights: tuple[tuple[Float, ...], tuple[Float, ...]],
) -> Float:
    """Interpolate rows, then columns; taps are summed in one fixed order, so windows agree to the bit."""
    rows, columns = first
    row_weights, column_weights = weights
    lines = np.zeros((rows.size, lattice.shape[1]), dtype=np.float32)
    for tap in range(4):
        lines += row_weights[tap][:, None] * lattice[rows + tap]
    total = np.zeros((rows.size, columns.size), dtype=np.float32)
    piece = np.empty_like(total)
    for tap in range(4):
        # all indices are inside: "clip" only spares numpy a copy
        np.take(lines, columns + tap, axis=1, out=piece, mode="clip")
        piece *= column_weights[tap]
        total += piece
    return total
