"""What covers the ground and how it looks: forest, meadow, fields, water, rock, roads, roofs, fresh landslides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_rsseg.scenes.synthetic.landslides import COARSEST_STEP_PX, REACH_PX, make_landslides
from napari_rsseg.scenes.synthetic.noise import Float, Grid, Noise, smoothstep, uniform
from napari_rsseg.scenes.synthetic.parcels import Parcels, make_parcels
from napari_rsseg.scenes.synthetic.terrain import COARSE_STEP_PX, Terrain, line_distance_px, make_terrain

__all__ = ["Ground", "make_ground"]

# reflectance in red, green, blue, near infrared
_FOREST = (0.030, 0.056, 0.028, 0.31)
_CONIFER = (0.019, 0.035, 0.022, 0.20)
_GRASS = (0.062, 0.135, 0.040, 0.43)
_SOIL = (0.215, 0.160, 0.108, 0.285)
_PLOUGHED = (0.140, 0.103, 0.075, 0.185)
_STUBBLE = (0.285, 0.240, 0.150, 0.365)
_ROCK = (0.190, 0.178, 0.162, 0.230)
_WATER = (0.016, 0.034, 0.042, 0.010)
_SILT = (0.085, 0.092, 0.068, 0.030)
_ROAD = (0.200, 0.195, 0.185, 0.235)
_ROOF = (0.265, 0.205, 0.185, 0.275)
_SCAR = (0.320, 0.245, 0.175, 0.380)
_DEBRIS = (0.235, 0.190, 0.145, 0.295)
_TEXTURE_KEY, _FOREST_KEY, _MEADOW_KEY, _TOWN_KEY, _SILT_KEY, _TREE_KEY = 401, 421, 441, 461, 481, 501


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
    landslide: np.ndarray  # type: ignore[type-arg]


@dataclass
class _Canvas:
    """Paint of the ground, changed layer by layer."""

    bands: Float
    grass: Float

    def paint(self, colour: tuple[float, ...], share: Float, *, tint: Float | None = None) -> None:
        """Cover a share of each pixel; grass below disappears."""
        for band, value in enumerate(colour):
            target = np.float32(value) if tint is None else np.float32(value) * tint
            self.bands[band] += share * (target - self.bands[band])
        self.grass *= np.float32(1) - share


def make_ground(noise: Noise, grid: Grid) -> Ground:
    """Evaluate relief, cover and landslides on a grid of pixels."""
    coarse = grid.covering(
        max(COARSE_STEP_PX, 2 * grid.step), margin_px=2 * REACH_PX if grid.step <= 8 else 0
    )
    relief = make_terrain(noise, coarse)
    terrain = Terrain(
        grid=grid,
        **{
            name: coarse.interpolate(getattr(relief, name), grid)
            for name in ("height_m", "south", "east", "slope", "massif", "river_px", "lake")
        },
    )
    speckle = noise.fractal(grid, wavelengths_px=(7.0, 3.5, 1.8), gain=0.8, key=_TEXTURE_KEY)
    canvas = _wild(noise, terrain, speckle)
    parcels = make_parcels(noise, grid)
    farmed = _farm(noise, terrain, canvas, parcels)
    _settle(noise, terrain, canvas, parcels, farmed)
    lit = _shade(terrain, speckle)
    wet = _flood(noise, terrain, canvas)
    canvas.bands *= lit + wet * (np.float32(1) - lit)
    landslide = _slide(noise, grid, relief, canvas, lit, wet, speckle)
    return Ground(reflectance=canvas.bands, grass=canvas.grass, landslide=landslide)


def _wild(noise: Noise, terrain: Terrain, speckle: Float) -> _Canvas:
    """Meadow, forest and rock by height and slope."""
    grid = terrain.grid
    thin = noise.fractal(grid, wavelengths_px=(95, 47, 23, 11, 5), gain=0.62, key=_MEADOW_KEY)
    grass = np.clip(np.float32(0.58) + np.float32(0.30) * thin + np.float32(0.04) * speckle, 0, 1)
    canvas = _Canvas(
        bands=np.empty((4, grid.height, grid.width), dtype=np.float32), grass=np.ones_like(grass)
    )
    for band in range(4):
        canvas.bands[band] = np.float32(_SOIL[band])
    _grow(canvas, grass, speckle)
    stony = smoothstep(
        terrain.slope + np.float32(0.00045) * terrain.height_m + np.float32(0.06) * thin, 1.35, 1.75
    )
    canvas.paint(_ROCK, stony, tint=np.float32(1) + np.float32(0.10) * speckle)
    forest = noise.fractal(grid, wavelengths_px=(140, 70, 35, 17, 8, 4), gain=0.6, key=_FOREST_KEY)
    treeline = (np.float32(1150) - terrain.height_m) * np.float32(1 / 150)
    wooded = forest + np.float32(1.5) * terrain.massif - np.float32(1.0) + np.float32(0.12) * speckle
    wooded = smoothstep(np.minimum(wooded, treeline + forest), -0.04, 0.10)
    crowns = np.float32(1) + np.float32(0.13) * speckle
    conifers = smoothstep(terrain.height_m * np.float32(0.0016) + np.float32(0.4) * forest, 0.6, 1.6)
    canvas.paint(_FOREST, wooded, tint=crowns)
    canvas.paint(_CONIFER, wooded * conifers, tint=crowns)
    return canvas


def _grow(canvas: _Canvas, grass: Float, speckle: Float) -> None:
    """Cover soil with grass of a given density."""
    canvas.paint(_GRASS, grass, tint=np.float32(1) + np.float32(0.05) * speckle)
    np.copyto(canvas.grass, grass)


def _farm(noise: Noise, terrain: Terrain, canvas: _Canvas, parcels: Parcels) -> Float:
    """Fields in the plains: pastures of any density, ploughed soil, stubble; return where."""
    grid = terrain.grid
    tillage = noise.fractal(grid, wavelengths_px=(260, 130, 65), gain=0.6, key=_TREE_KEY)
    suited = np.float32(0.95) - np.float32(3.2) * terrain.slope - np.float32(1.6) * terrain.massif
    # whole fields are taken or left, so the limit follows their borders
    farmed = smoothstep(
        suited + np.float32(0.5) * tillage + (parcels.tint - np.float32(0.5)) * np.float32(0.5), 0.02, 0.12
    )
    if grid.step > 2 * COARSEST_STEP_PX:
        parcels = Parcels(*(np.full_like(parcels.kind, value) for value in (0.3, 0.5, 9.0, 9.0, 0.0)))
    patchy = noise.fractal(grid, wavelengths_px=(30, 15, 7, 3.5), gain=0.7, key=_MEADOW_KEY + 10)
    field = _Canvas(bands=np.empty_like(canvas.bands), grass=np.ones_like(canvas.grass))
    for band in range(4):
        field.bands[band] = np.float32(_SOIL[band])
    density = np.clip(parcels.tint * np.float32(1.12) - np.float32(0.04) + np.float32(0.07) * patchy, 0, 1)
    _grow(field, density, patchy)
    rows = np.float32(1) + np.float32(0.05) * patchy
    tone = (np.float32(0.75) + np.float32(0.5) * parcels.tint) * rows
    field.paint(_PLOUGHED, (parcels.kind > np.float32(0.62)).astype(np.float32), tint=tone)
    field.paint(_STUBBLE, (parcels.kind > np.float32(0.80)).astype(np.float32), tint=tone)
    for band in range(4):
        canvas.bands[band] += farmed * (field.bands[band] - canvas.bands[band])
    canvas.grass += farmed * (field.grass - canvas.grass)
    hedged = np.float32(1) - smoothstep(parcels.edge_px, 0.3, 1.1)
    hedge_here = uniform(
        np.floor(parcels.kind * 4096).astype(np.int64),
        np.floor(parcels.tint * 4096).astype(np.int64),
        seed=noise.seed,
        key=_TREE_KEY + 10,
    ) > np.float32(0.55)
    canvas.paint(_FOREST, farmed * hedged * hedge_here * np.float32(0.8))
    return farmed


def _settle(noise: Noise, terrain: Terrain, canvas: _Canvas, parcels: Parcels, farmed: Float) -> None:
    """Tracks between blocks of fields, a few winding main roads, villages."""
    grid = terrain.grid
    if grid.step > COARSEST_STEP_PX:
        return
    level = np.float32(1) - smoothstep(terrain.slope, 0.35, 0.6)
    track = np.float32(1) - smoothstep(parcels.track_px, 0.25, 0.95)
    canvas.paint(_ROAD, track * farmed * np.float32(0.75))
    coarse = grid.covering(max(COARSE_STEP_PX, 2 * grid.step))
    winding = noise.field(coarse.grown(1), wavelength_px=520, key=_TOWN_KEY + 1) - np.float32(0.25)
    road_px = coarse.interpolate(line_distance_px(winding, coarse.step), grid)
    road = np.float32(1) - smoothstep(road_px, 0.6, 1.4)
    canvas.paint(_ROAD, road * level)
    rows, columns = np.floor(grid.rows / 1.7).astype(np.int64), np.floor(grid.columns / 1.7).astype(np.int64)
    plot = uniform(rows[:, None], columns[None, :], seed=noise.seed, key=_TOWN_KEY + 2)
    town = noise.field(grid, wavelength_px=85, key=_TOWN_KEY) + np.float32(0.8) * (
        np.float32(1) - smoothstep(road_px, 0.0, 40.0)
    )
    town = smoothstep(town, 1.95, 2.6) * level * farmed
    built = (plot < np.float32(0.62) * town).astype(np.float32) * smoothstep(town, 0.02, 0.3)
    canvas.paint(_ROOF, built * np.float32(0.9), tint=np.float32(0.6) + np.float32(1.3) * plot)


def _shade(terrain: Terrain, speckle: Float) -> Float:
    """Light of sun and sky on the relief; tree crowns and stones add a little of their own."""
    direct = terrain.illumination() * (np.float32(1) + np.float32(0.04) * speckle * terrain.massif)
    return np.float32(0.18) + np.float32(0.82) * direct


def _flood(noise: Noise, terrain: Terrain, canvas: _Canvas) -> Float:
    """Rivers along valley floors and lakes in hollows; return the share of water."""
    grid = terrain.grid
    wander = noise.fractal(grid, wavelengths_px=(60, 30, 15, 7), gain=0.6, key=_SILT_KEY + 10)
    thread = terrain.river_px - np.float32(1.1) * wander
    river = np.float32(1) - smoothstep(thread, 2.2, 3.2)
    bank = (np.float32(1) - smoothstep(thread + np.float32(1.5) * wander, 3.0, 6.5)) * np.float32(0.6)
    lake = smoothstep(terrain.lake, 0.0, 0.05)
    shore = smoothstep(terrain.lake, -0.06, 0.0) * np.float32(0.6)
    canvas.paint(_DEBRIS, np.maximum(bank, shore))
    wet = np.maximum(river, lake)
    canvas.paint(_WATER, wet)
    silt = noise.fractal(grid, wavelengths_px=(120, 60, 30), gain=0.5, key=_SILT_KEY)
    canvas.paint(
        _SILT, wet * smoothstep(silt + (np.float32(1) - lake) * np.float32(0.6), -0.4, 2.2) * np.float32(0.6)
    )
    return wet


def _slide(
    noise: Noise, grid: Grid, relief: Terrain, canvas: _Canvas, lit: Float, wet: Float, speckle: Float
) -> np.ndarray:  # type: ignore[type-arg]
    """Lay landslides over the lit ground; return where they are."""
    if grid.step > COARSEST_STEP_PX:
        return np.zeros((grid.height, grid.width), dtype=np.bool_)
    slides = make_landslides(noise, grid, relief)
    inside = (slides.outside_px < 0) & (wet < np.float32(0.5))
    share = (np.float32(1) - smoothstep(slides.outside_px, -0.7, 0.7)) * (np.float32(1) - wet)
    streak = np.float32(1) + np.float32(0.13) * speckle - np.float32(0.10) * slides.across
    fresh = np.float32(1) - smoothstep(slides.progress, 0.25, 0.9)
    for band in range(4):
        colour = np.float32(_DEBRIS[band]) + fresh * np.float32(_SCAR[band] - _DEBRIS[band])
        canvas.bands[band] += share * (colour * streak * lit - canvas.bands[band])
    canvas.grass *= np.float32(1) - share
    return inside
