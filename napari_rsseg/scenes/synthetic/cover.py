"""The ground as seen without sky: wild cover, farmland, water, landslides, and the light on the relief."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.synthetic.canvas import CONIFER, DEBRIS, FOREST, ROCK, SCAR, SILT, WATER, Canvas
from napari_rsseg.scenes.synthetic.farmland import farm_and_settle
from napari_rsseg.scenes.synthetic.landslides import COARSEST_STEP_PX, REACH_PX, make_landslides
from napari_rsseg.scenes.synthetic.noise import smoothstep, uniform
from napari_rsseg.scenes.synthetic.terrain import COARSE_STEP_PX, Terrain, make_terrain

if TYPE_CHECKING:
    from napari_rsseg.scenes.synthetic.noise import Float, Grid, Noise

__all__ = ["Ground", "make_ground"]

_GRAIN_KEY = 10_000
_SPECKLE_KEY, _FOREST_KEY, _MEADOW_KEY, _SILT_KEY, _WANDER_KEY = 401, 421, 441, 481, 491


@dataclass(frozen=True)
class Ground:
    """The ground without sky on one grid.

    Attributes
    ----------
    reflectance : ndarray, (4, height, width), float32
        Red, green, blue, near infrared in full sun, relief included.
    grass : ndarray, (height, width), float32
        Share of the ground covered by grass, 0 to 1; trees, crops and bare ground count as none.
    landslide : ndarray, (height, width), bool
        Inside a landslide.
    """

    reflectance: Float
    grass: Float
    landslide: npt.NDArray[np.bool_]


def make_ground(noise: Noise, grid: Grid) -> Ground:
    """Evaluate relief, cover and landslides on a grid of pixels."""
    margin_px = 2 * REACH_PX if grid.step <= COARSEST_STEP_PX else 0.0
    relief = make_terrain(noise, grid.covering(max(COARSE_STEP_PX, 2 * grid.step), margin_px=margin_px))
    terrain = relief.onto(grid)
    speckle = noise.fractal(grid, wavelengths_px=(7.0, 3.5, 2.0), gain=0.9, key=_SPECKLE_KEY)
    speckle += np.float32(0.9) * _grain(noise, grid)
    canvas = Canvas.bare(noise, grid, speckle)
    _grow_wild(canvas, terrain)
    farm_and_settle(canvas, terrain)
    wet = _flood(canvas, terrain)
    light = terrain.illumination() * (np.float32(1) + np.float32(0.05) * speckle * terrain.massif)
    light = np.float32(0.18) + np.float32(0.82) * light  # the sky lights what the sun does not reach
    light += wet * (np.float32(1) - light)
    canvas.bands[...] = canvas.bands * light
    landslide = _slide(canvas, relief, light, wet)
    return Ground(reflectance=canvas.bands, grass=canvas.grass, landslide=landslide)


def _grain(noise: Noise, grid: Grid) -> Float:
    """Return numbers of single pixels, -1 to 1: what lies on the ground is of many colours."""
    rows = np.arange(grid.row_start, grid.row_start + grid.height)[:, None]
    columns = np.arange(grid.column_start, grid.column_start + grid.width)[None, :]
    grain = uniform(rows, columns, seed=noise.seed, key=_GRAIN_KEY + grid.step)
    centred: Float = grain * np.float32(2) - np.float32(1)
    return centred


def _grow_wild(canvas: Canvas, terrain: Terrain) -> None:
    """Meadow, forest and rock by height and slope."""
    noise, grid, speckle = canvas.noise, canvas.grid, canvas.speckle
    thin = noise.fractal(grid, wavelengths_px=(95.0, 47.0, 23.0, 11.0, 5.0), gain=0.62, key=_MEADOW_KEY)
    density = np.float32(0.58) + np.float32(0.30) * thin + np.float32(0.04) * speckle
    canvas.grow(
        np.clip(density, np.float32(0), np.float32(1)), tint=np.float32(1) + np.float32(0.05) * speckle
    )
    stony = terrain.slope + np.float32(0.00045) * terrain.height_m + np.float32(0.06) * thin
    canvas.paint(ROCK, smoothstep(stony, 1.35, 1.75), tint=np.float32(1) + np.float32(0.10) * speckle)
    forest = noise.fractal(
        grid, wavelengths_px=(140.0, 70.0, 35.0, 17.0, 8.0, 4.0), gain=0.6, key=_FOREST_KEY
    )
    below_treeline = (np.float32(1150) - terrain.height_m) * np.float32(1 / 150) + forest
    wooded = forest + np.float32(1.4) * terrain.massif - np.float32(1.0) + np.float32(0.12) * speckle
    wooded = smoothstep(np.minimum(wooded, below_treeline), -0.04, 0.10)
    crowns = np.float32(1) + np.float32(0.14) * speckle
    conifers = smoothstep(terrain.height_m * np.float32(0.0016) + np.float32(0.4) * forest, 0.6, 1.6)
    canvas.paint(FOREST, wooded, tint=crowns)
    canvas.paint(CONIFER, wooded * conifers, tint=crowns)


def _flood(canvas: Canvas, terrain: Terrain) -> Float:
    """Paint rivers along valley floors and lakes in hollows; return the share of water."""
    noise, grid = canvas.noise, canvas.grid
    wander = noise.fractal(grid, wavelengths_px=(60.0, 30.0, 15.0, 7.0), gain=0.6, key=_WANDER_KEY)
    thread_px = terrain.river_px - np.float32(1.1) * wander
    river = np.float32(1) - smoothstep(thread_px, 2.2, 3.2)
    bank = np.float32(1) - smoothstep(thread_px + np.float32(1.5) * wander, 3.0, 6.5)
    lake = smoothstep(terrain.lake, 0.0, 0.05)
    shore = smoothstep(terrain.lake, -0.06, 0.0)
    canvas.paint(DEBRIS, np.maximum(bank, shore) * np.float32(0.6))
    wet: Float = np.maximum(river, lake)
    canvas.paint(WATER, wet)
    silt = noise.fractal(grid, wavelengths_px=(120.0, 60.0, 30.0), gain=0.5, key=_SILT_KEY)
    cloudy = smoothstep(silt + (np.float32(1) - lake) * np.float32(0.6), -0.4, 2.2)
    canvas.paint(SILT, wet * cloudy * np.float32(0.6))
    return wet


def _slide(canvas: Canvas, relief: Terrain, light: Float, wet: Float) -> npt.NDArray[np.bool_]:
    """Lay landslides over the lit ground; return where they are."""
    if canvas.grid.step > COARSEST_STEP_PX:
        return np.zeros(wet.shape, dtype=np.bool_)
    slides = make_landslides(canvas.noise, canvas.grid, relief)
    inside = (slides.outside_px < 0) & (wet < np.float32(0.5))
    share = (np.float32(1) - smoothstep(slides.outside_px, -0.7, 0.7)) * (np.float32(1) - wet)
    streaks = np.float32(1) + np.float32(0.14) * canvas.speckle - np.float32(0.12) * slides.across
    canvas.paint(DEBRIS, share, tint=streaks * light)
    fresh = np.float32(1) - smoothstep(slides.progress, 0.25, 0.9)
    canvas.paint(SCAR, share * fresh, tint=streaks * light)
    return inside
