"""Clouds: fair-weather cumulus and veils of cirrus, with the shadows that the sun throws beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_rsseg.scenes.synthetic.noise import Float, Grid, Noise, smoothstep

__all__ = ["SHADOW_COLUMNS_PX", "SHADOW_ROWS_PX", "Clouds", "make_clouds"]

SHADOW_ROWS_PX, SHADOW_COLUMNS_PX = -52, -28
"""Where a shadow falls: away from a sun in the south-south-east, from about 650 m above the ground."""
_KEY, _REGION_KEY, _VEIL_KEY, _TOP_KEY = 301, 321, 341, 361
_COARSE_STEP_PX = 8


@dataclass(frozen=True)
class Clouds:
    """Cloud on one grid, all arrays (height, width) float32 between 0 and 1.

    Attributes
    ----------
    opacity : ndarray
        Share of the light at the sensor that comes from cloud.
    shadow : ndarray
        Share of direct sunlight that clouds keep from the ground.
    brightness : ndarray
        Of the cloud's top.
    """

    opacity: Float
    shadow: Float
    brightness: Float


def make_clouds(noise: Noise, grid: Grid) -> Clouds:
    """Evaluate clouds and the shadows of clouds that may lie outside the grid."""
    thickness = _cumulus(noise, grid, fine=True)
    veil = _veil(noise, grid)
    # thick parts hide all; the creases between billows are shade, not gaps
    dense = smoothstep(thickness, 0.0, 0.55)
    opacity = np.float32(1) - (np.float32(1) - np.float32(0.97) * dense) * (np.float32(1) - veil)
    # the light at a pixel passed where the pixel's shadow caster stands
    caster = grid.moved(-SHADOW_ROWS_PX, -SHADOW_COLUMNS_PX)
    shadow = smoothstep(_cumulus(noise, caster, fine=False), 0.0, 0.5)
    tops = noise.fractal(grid, wavelengths_px=(26, 13, 6.5, 3.2), gain=0.6, key=_TOP_KEY)
    brightness = (
        np.float32(0.62) + np.float32(0.10) * np.minimum(thickness, np.float32(2)) + np.float32(0.05) * tops
    )
    return Clouds(
        opacity=opacity, shadow=shadow, brightness=np.clip(brightness, np.float32(0.3), np.float32(0.97))
    )


def _cumulus(noise: Noise, grid: Grid, *, fine: bool) -> Float:
    """Return optical thickness of heaps; at most 0 where the sky is clear."""
    coarse = _coarse(grid)
    rows, columns = coarse.mesh
    rows = rows + 26.0 * noise.field(coarse, wavelength_px=70, key=_KEY + 10)
    columns = columns + 26.0 * noise.field(coarse, wavelength_px=70, key=_KEY + 11)
    region = noise.field(coarse, wavelength_px=430, key=_REGION_KEY)
    heaps = noise.at(rows, columns, wavelength_px=88, key=_KEY) + np.float32(0.55) * noise.at(
        rows, columns, wavelength_px=41, key=_KEY + 1
    )
    broad = coarse.interpolate(heaps + np.float32(0.6) * region - np.float32(1.0), grid)
    wavelengths_px = (20.0, 10.0, 5.0, 2.6) if fine else (20.0, 10.0, 5.0)
    # billows: folded noise has the round tops and sharp creases of heaps
    billows = np.abs(
        noise.fractal(grid, wavelengths_px=wavelengths_px, gain=0.62, key=_KEY + 2)
    ) - np.float32(0.8)
    # at the rim billows make the outline, inside they only ripple the top
    return broad * np.float32(1.5) + np.float32(0.42) * billows


def _veil(noise: Noise, grid: Grid) -> Float:
    """Return opacity of cirrus: long fibres in a few regions."""
    coarse = _coarse(grid)
    rows, columns = coarse.mesh
    along, across = 0.35 * rows + 0.94 * columns, 0.94 * rows - 0.35 * columns
    bend = noise.field(coarse, wavelength_px=240, key=_VEIL_KEY + 5)
    across = across + 40.0 * bend
    fibres = noise.at(across, along * 0.22, wavelength_px=62, key=_VEIL_KEY) + np.float32(0.5) * noise.at(
        across, along * 0.2, wavelength_px=24, key=_VEIL_KEY + 1
    )
    region = noise.field(coarse, wavelength_px=380, key=_VEIL_KEY + 2)
    amount = coarse.interpolate(fibres * np.float32(0.6) + region * np.float32(1.0) - np.float32(1.95), grid)
    return np.float32(0.5) * smoothstep(amount, 0.0, 1.7)


def _coarse(grid: Grid) -> Grid:
    return grid.covering(max(_COARSE_STEP_PX, 2 * grid.step))
