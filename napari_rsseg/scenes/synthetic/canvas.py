"""Paint of the ground: reflectance of what covers it, and how much of that is grass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari_rsseg.scenes.synthetic.noise import Float, Grid, Noise

__all__ = [
    "CONIFER",
    "DEBRIS",
    "FOREST",
    "GRASS",
    "PLOUGHED",
    "ROAD",
    "ROCK",
    "ROOF",
    "SCAR",
    "SILT",
    "SOIL",
    "STUBBLE",
    "WATER",
    "Canvas",
    "Colour",
]

Colour = tuple[float, float, float, float]
"""Reflectance in red, green, blue and near infrared."""

FOREST: Colour = (0.030, 0.056, 0.028, 0.31)
CONIFER: Colour = (0.019, 0.036, 0.023, 0.20)
GRASS: Colour = (0.064, 0.138, 0.042, 0.43)
SOIL: Colour = (0.215, 0.160, 0.108, 0.285)
PLOUGHED: Colour = (0.140, 0.103, 0.075, 0.185)
STUBBLE: Colour = (0.285, 0.240, 0.150, 0.365)
ROCK: Colour = (0.190, 0.178, 0.162, 0.230)
WATER: Colour = (0.016, 0.034, 0.042, 0.010)
SILT: Colour = (0.085, 0.092, 0.068, 0.030)
ROAD: Colour = (0.200, 0.195, 0.185, 0.235)
ROOF: Colour = (0.265, 0.205, 0.185, 0.275)
SCAR: Colour = (0.330, 0.250, 0.178, 0.390)
DEBRIS: Colour = (0.235, 0.190, 0.145, 0.295)


@dataclass(frozen=True)
class Canvas:
    """Paint on one grid, changed in place layer by layer.

    Attributes
    ----------
    noise : Noise
        Of the scene.
    grid : Grid
        Pixels.
    speckle : ndarray, (height, width), float32
        Texture of single pixels, mean 0, standard deviation 1.
    bands : ndarray, (4, height, width), float32
        Reflectance.
    grass : ndarray, (height, width), float32
        Share of each pixel under grass.
    """

    noise: Noise
    grid: Grid
    speckle: Float
    bands: Float
    grass: Float

    @classmethod
    def bare(cls, noise: Noise, grid: Grid, speckle: Float) -> Canvas:
        """Return nothing but soil."""
        bands = np.empty((4, grid.height, grid.width), dtype=np.float32)
        for band, value in enumerate(SOIL):
            bands[band] = np.float32(value)
        return cls(noise, grid, speckle, bands, np.zeros((grid.height, grid.width), dtype=np.float32))

    def paint(self, colour: Colour, share: Float, *, tint: Float | None = None) -> None:
        """Cover a share of each pixel; the grass under it disappears.

        Parameters
        ----------
        colour : Colour
            Of the cover.
        share : ndarray, (height, width), float32
            0 to 1.
        tint : ndarray, optional
            Factor on the colour.
        """
        for band, value in enumerate(colour):
            target = np.float32(value) if tint is None else np.float32(value) * tint
            self.bands[band] += share * (target - self.bands[band])
        self.grass[...] = self.grass * (np.float32(1) - share)

    def grow(self, density: Float, *, tint: Float) -> None:
        """Let grass cover a share of bare soil."""
        self.paint(GRASS, density, tint=tint)
        self.grass[...] = density

    def blend(self, other: Canvas, share: Float) -> None:
        """Give a share of each pixel to another canvas."""
        self.bands[...] = self.bands + share * (other.bands - self.bands)
        self.grass[...] = self.grass + share * (other.grass - self.grass)
