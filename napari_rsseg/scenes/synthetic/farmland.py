"""Farmland and settlement: pastures of any density, ploughed soil, stubble, hedges, roads, villages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.scenes.synthetic.canvas import FOREST, PLOUGHED, ROAD, ROOF, STUBBLE, Canvas
from napari_rsseg.scenes.synthetic.noise import smoothstep, uniform
from napari_rsseg.scenes.synthetic.parcels import Parcels, make_parcels
from napari_rsseg.scenes.synthetic.terrain import COARSE_STEP_PX, line_distance_px

if TYPE_CHECKING:
    from napari_rsseg.scenes.synthetic.noise import Float
    from napari_rsseg.scenes.synthetic.terrain import Terrain

__all__ = ["farm_and_settle"]

COARSEST_FIELDS_PX, COARSEST_ROADS_PX = 16, 8
"""On coarser levels single fields, roads and houses are below a pixel and left out."""
_TILLAGE_KEY, _PATCH_KEY, _HEDGE_KEY, _ROAD_KEY, _TOWN_KEY = 501, 451, 511, 462, 461


def farm_and_settle(canvas: Canvas, terrain: Terrain) -> None:
    """Paint what people made of the plains over the wild ground."""
    parcels = make_parcels(canvas.noise, canvas.grid)
    farmed = _suited(canvas, terrain, parcels)
    if canvas.grid.step > COARSEST_FIELDS_PX:
        parcels = Parcels(*(np.full_like(farmed, value) for value in (0.3, 0.5, 9.0, 9.0)))
    canvas.blend(_fields(canvas, parcels), farmed)
    hedged = uniform(
        np.floor(parcels.kind * np.float32(4096)).astype(np.int64),
        np.floor(parcels.tint * np.float32(4096)).astype(np.int64),
        seed=canvas.noise.seed,
        key=_HEDGE_KEY,
    ) > np.float32(0.55)
    edge = np.float32(1) - smoothstep(parcels.edge_px, 0.3, 1.1)
    canvas.paint(FOREST, farmed * edge * hedged * np.float32(0.8))
    if canvas.grid.step <= COARSEST_ROADS_PX:
        _build(canvas, terrain, parcels, farmed)


def _suited(canvas: Canvas, terrain: Terrain, parcels: Parcels) -> Float:
    """Return where the ground is level enough to till; whole fields are taken or left."""
    tillage = canvas.noise.fractal(
        canvas.grid, wavelengths_px=(260.0, 130.0, 65.0), gain=0.6, key=_TILLAGE_KEY
    )
    level = np.float32(0.95) - np.float32(3.2) * terrain.slope - np.float32(1.6) * terrain.massif
    choice = (parcels.tint - np.float32(0.5)) * np.float32(0.5)
    return smoothstep(level + np.float32(0.5) * tillage + choice, 0.02, 0.12)


def _fields(canvas: Canvas, parcels: Parcels) -> Canvas:
    patchy = canvas.noise.fractal(
        canvas.grid, wavelengths_px=(30.0, 15.0, 7.0, 3.5), gain=0.7, key=_PATCH_KEY
    )
    fields = Canvas.bare(canvas.noise, canvas.grid, canvas.speckle)
    density = parcels.tint * np.float32(1.12) - np.float32(0.04) + np.float32(0.07) * patchy
    uneven = np.float32(1) + np.float32(0.05) * patchy
    fields.grow(np.clip(density, np.float32(0), np.float32(1)), tint=uneven)
    tone = (np.float32(0.75) + np.float32(0.5) * parcels.tint) * uneven
    fields.paint(PLOUGHED, (parcels.kind > np.float32(0.62)).astype(np.float32), tint=tone)
    fields.paint(STUBBLE, (parcels.kind > np.float32(0.80)).astype(np.float32), tint=tone)
    return fields


def _build(canvas: Canvas, terrain: Terrain, parcels: Parcels, farmed: Float) -> None:
    """Tracks between blocks of fields, a few winding main roads, villages beside them."""
    grid, noise = canvas.grid, canvas.noise
    track = np.float32(1) - smoothstep(parcels.track_px, 0.25, 0.95)
    canvas.paint(ROAD, track * farmed * np.float32(0.75))
    level = np.float32(1) - smoothstep(terrain.slope, 0.35, 0.6)
    coarse = grid.covering(max(COARSE_STEP_PX, 2 * grid.step))
    winding = noise.field(coarse.grown(1), wavelength_px=520, key=_ROAD_KEY) - np.float32(0.25)
    road_px = coarse.interpolate(line_distance_px(winding, coarse.step), grid)
    canvas.paint(ROAD, (np.float32(1) - smoothstep(road_px, 0.6, 1.4)) * level)
    near_road = np.float32(1) - smoothstep(road_px, 0.0, 40.0)
    town = noise.field(grid, wavelength_px=85, key=_TOWN_KEY) + np.float32(0.8) * near_road
    town = smoothstep(town, 1.75, 2.4) * level * farmed
    rows, columns = np.floor(grid.rows / 1.7).astype(np.int64), np.floor(grid.columns / 1.7).astype(np.int64)
    plot = uniform(rows[:, None], columns[None, :], seed=noise.seed, key=_TOWN_KEY + 2)
    built = (plot < np.float32(0.62) * town).astype(np.float32) * smoothstep(town, 0.02, 0.3)
    canvas.paint(ROOF, built * np.float32(0.9), tint=np.float32(0.6) + np.float32(1.3) * plot)
