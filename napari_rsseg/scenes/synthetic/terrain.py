"""Relief: mountains, valleys with rivers, lakes; everything that other layers hang on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.synthetic.noise import Float, Grid, Noise, smoothstep

__all__ = [
    "COARSE_STEP_PX",
    "GSD_M",
    "SUN_AZIMUTH_DEG",
    "SUN_ELEVATION_DEG",
    "Terrain",
    "line_distance_px",
    "make_terrain",
]

GSD_M = 10.0
"""Size of a level-0 pixel in metres."""
SUN_AZIMUTH_DEG = 152.0
SUN_ELEVATION_DEG = 48.0
COARSE_STEP_PX = 4
"""Relief is evaluated on every fourth pixel and interpolated: its shortest wave is four times longer."""

_Points = npt.NDArray[np.float64]
_WARP_KEY, _MASSIF_KEY, _VALLEY_KEY, _RIDGE_KEY, _LAKE_KEY = 11, 21, 31, 41, 61


@dataclass(frozen=True)
class Terrain:
    """Relief on one grid, all arrays (height, width) float32.

    Attributes
    ----------
    grid : Grid
        Points of the arrays.
    height_m : ndarray
        Height above the sea, metres.
    south, east : ndarray
        Rise of the ground per metre towards larger rows and larger columns.
    slope : ndarray
        Length of that gradient (1 is 45 degrees).
    massif : ndarray
        0 in plains, 1 in mountains.
    river_px : ndarray
        Distance to the thread of the nearest valley, pixels; true near it.
    lake : ndarray
        Above 0 where water stands.
    """

    grid: Grid
    height_m: Float
    south: Float
    east: Float
    slope: Float
    massif: Float
    river_px: Float
    lake: Float

    def onto(self, grid: Grid) -> Terrain:
        """Carry the relief to the points of a finer grid that this one covers."""

        def carry(values: Float) -> Float:
            return self.grid.interpolate(values, grid)

        return Terrain(
            grid=grid,
            height_m=carry(self.height_m),
            south=carry(self.south),
            east=carry(self.east),
            slope=carry(self.slope),
            massif=carry(self.massif),
            river_px=carry(self.river_px),
            lake=carry(self.lake),
        )

    def illumination(self) -> Float:
        """Return the cosine of the sun's incidence over that of flat ground (about 0.2 to 1.6)."""
        azimuth, elevation = np.deg2rad(SUN_AZIMUTH_DEG), np.deg2rad(SUN_ELEVATION_DEG)
        # rows grow southwards; the sun stands in the south-east
        towards_south, towards_east = -np.cos(azimuth), np.sin(azimuth)
        horizontal = np.float32(np.cos(elevation) / np.sin(elevation))
        facing = -(self.south * np.float32(towards_south) + self.east * np.float32(towards_east))
        lit = (np.float32(1) + facing * horizontal) / np.sqrt(np.float32(1) + self.slope * self.slope)
        clipped: Float = np.clip(lit, np.float32(0.12), np.float32(1.7))
        return clipped


def make_terrain(noise: Noise, grid: Grid) -> Terrain:
    """Evaluate the relief on a coarse grid.

    Parameters
    ----------
    noise : Noise
        Of the scene.
    grid : Grid
        Points, usually ``covering(COARSE_STEP_PX)`` of the pixels.
    """
    wide = grid.grown(1)
    height_m, massif, river = _relief(noise, wide)
    distance_m = np.float32(2 * grid.step * GSD_M)
    south = (height_m[2:, 1:-1] - height_m[:-2, 1:-1]) / distance_m
    east = (height_m[1:-1, 2:] - height_m[1:-1, :-2]) / distance_m
    inner = (slice(1, -1), slice(1, -1))
    massif = massif[inner]
    lake = noise.fractal(grid, wavelengths_px=(300, 150, 75, 37, 18), gain=0.5, key=_LAKE_KEY)
    return Terrain(
        grid=grid,
        height_m=height_m[inner],
        south=south,
        east=east,
        slope=np.sqrt(south * south + east * east),
        massif=massif,
        river_px=line_distance_px(river, grid.step),
        lake=lake - np.float32(1.75) - np.float32(2.5) * massif,
    )


def line_distance_px(values: Float, step: int) -> Float:
    """Return how far the line is on which a smooth field is 0, to first order.

    Parameters
    ----------
    values : ndarray, (H + 2, W + 2), float32
        The field, one point more on each side.
    step : int
        Distance of points in level-0 pixels.

    Returns
    -------
    ndarray, (H, W), float32
        Pixels.
    """
    scale = np.float32(1.0 / (2 * step))
    down = (values[2:, 1:-1] - values[:-2, 1:-1]) * scale
    right = (values[1:-1, 2:] - values[1:-1, :-2]) * scale
    rise = np.sqrt(down * down + right * right + np.float32(1e-7))
    return np.minimum(np.abs(values[1:-1, 1:-1]) / rise, np.float32(400))


def _relief(noise: Noise, grid: Grid) -> tuple[Float, Float, Float]:
    """Return height, share of mountain and valley thread."""
    rows, columns = grid.mesh
    for octave, (wavelength_px, reach_px) in enumerate(((420.0, 70.0), (130.0, 18.0))):
        key = _WARP_KEY + 2 * octave
        shift_rows = noise.field(grid, wavelength_px=wavelength_px, key=key)
        shift_columns = noise.field(grid, wavelength_px=wavelength_px, key=key + 1)
        rows = rows + reach_px * shift_rows
        columns = columns + reach_px * shift_columns
    massif = noise.at(rows, columns, wavelength_px=620, key=_MASSIF_KEY)
    massif = smoothstep(massif, -0.55, 1.15)
    river = noise.at(rows, columns, wavelength_px=480, key=_VALLEY_KEY)
    valley = smoothstep(np.abs(river), 0.02, 0.85)
    ridges = _ridged(noise, grid, (rows, columns))
    lift = massif * (np.float32(0.15) + np.float32(0.85) * valley)
    rolling = noise.fractal(grid, wavelengths_px=(160, 80, 40, 20), gain=0.5, key=_RIDGE_KEY + 10)
    spurs = noise.fractal(grid, wavelengths_px=(64, 32, 16, 8), gain=0.55, key=_RIDGE_KEY + 20)
    height_m = (
        np.float32(150)
        + np.float32(85) * lift * (np.float32(1.2) - np.abs(spurs))
        + np.float32(70) * valley
        + np.float32(10) * rolling * valley
        + lift * (np.float32(200) + np.float32(1000) * ridges)
    )
    return height_m, massif, river


def _ridged(noise: Noise, grid: Grid, points: tuple[_Points, _Points]) -> Float:
    """Sum sharp crests, each octave strongest where the one before rises (Musgrave's multifractal, 1993)."""
    total = np.zeros((grid.height, grid.width), dtype=np.float32)
    weight = np.ones_like(total)
    amplitude = 0.62
    for octave, wavelength_px in enumerate((190.0, 92.0, 45.0, 23.0, 11.0)):
        if wavelength_px < 2 * grid.step:
            break
        crest = np.float32(1) - np.abs(
            noise.at(*points, wavelength_px=wavelength_px, key=_RIDGE_KEY + octave)
        ) * (np.float32(0.55))
        crest = np.clip(crest, np.float32(0), np.float32(1))
        crest = crest * crest * weight
        total += np.float32(amplitude) * crest
        weight = np.clip(crest * np.float32(1.6), np.float32(0), np.float32(1))
        amplitude *= 0.56
    return total
