"""The mapping of numbers to values that a scene gets when nobody has chosen one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.scenes.bands import SENSORS
from napari_rsseg.scenes.radiometry import Radiometry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_rsseg.scenes.facts import RasterFacts
    from napari_rsseg.scenes.scene import Band

__all__ = ["default_radiometry", "percentile_radiometry"]

_MOST_SAMPLES = 1_000_000
_THERMAL = ("thermal1", "thermal2")
_THERMAL_RANGE_K = (200.0, 340.0)


def default_radiometry(
    facts: RasterFacts, bands: Sequence[Band], samples: npt.NDArray[np.generic], sensor: str | None
) -> Radiometry:
    """Return ``none`` for uint8, ``scale`` where something says reflectance, else ``percentile``.

    Parameters
    ----------
    facts : RasterFacts
        Tags of the file.
    bands : sequence of Band
        Spectral bands of the scene.
    samples : ndarray, (bands, n)
        Measured numbers, spread over the scene.
    sensor : str or None
        Key of ``bands.SENSORS``.
    """
    if all(band.dtype == "uint8" for band in bands):
        return Radiometry(kind="none", low=(0.0,) * len(bands), high=(255.0,) * len(bands))
    tagged = _tagged(facts)
    if tagged is not None:
        return tagged
    thin = samples[:, :: max(1, samples.shape[1] // _MOST_SAMPLES)].astype(np.float64)
    optical = [index for index, band in enumerate(bands) if band.role not in _THERMAL]
    factor = _tagged_factor(facts) or _factor_by_range(thin[optical], bands, sensor)
    if factor is not None and optical:
        return _scaled(factor, bands, thin)
    return percentile_radiometry(thin)


def percentile_radiometry(samples: npt.NDArray[np.float64]) -> Radiometry:
    """Return the 2nd to 98th percentile of each band of samples (bands, n)."""
    low, high = np.percentile(samples, (2, 98), axis=1)
    high = np.where(high > low, high, low + 1)
    return Radiometry(kind="percentile", low=tuple(map(float, low)), high=tuple(map(float, high)))


def _tagged(facts: RasterFacts) -> Radiometry | None:
    """Return the mapping of scale and offset tags on every band."""
    bands = [facts.bands[index] for index in facts.spectral]
    if any(band.scale in (None, 0.0, 1.0) for band in bands):
        return None
    scales = [band.scale or 1.0 for band in bands]
    if min(scales) <= 0 or max(scales) > 0.01:
        return None
    offsets = [band.offset or 0.0 for band in bands]
    low = tuple(-offset / scale for offset, scale in zip(offsets, scales, strict=True))
    high = tuple((1 - offset) / scale for offset, scale in zip(offsets, scales, strict=True))
    return Radiometry(kind="scale", low=low, high=high)


def _tagged_factor(facts: RasterFacts) -> float | None:
    """Return the numbers per unit of reflectance that the file states for all bands together."""
    text = facts.metadata.get("SCALE_REFLECTANCE")
    if text is None and "reflectance" in facts.metadata.get("QUANTITY", "").lower():
        text = facts.metadata.get("SCALE")
    try:
        scale = float(text) if text else 0.0
    except ValueError:
        return None
    return 1 / scale if 0 < scale <= 1 else None


def _factor_by_range(
    samples: npt.NDArray[np.float64], bands: Sequence[Band], sensor: str | None
) -> float | None:
    """Return 10 000, 1000 or 1 where the range of the optical numbers is that of reflectance.

    Fractions are known by themselves; whole numbers need a sensor that is delivered as reflectance, or bands
    that call themselves so: 10 to 12 bits of raw counts look the same.
    """
    if not samples.size:
        return None
    low, high = np.percentile(samples, (1, 99))
    is_float = all(band.dtype.startswith("float") for band in bands)
    if is_float and low >= -0.2 and 0.02 < high <= 1.6:
        return 1.0
    named = sum("reflectance" in band.name.lower() for band in bands)
    known = SENSORS[sensor].reflectance if sensor in SENSORS else False
    if not (known or named) or low < -2000 or high > 20_000:
        return None
    return 1_000.0 if high <= 1_300 and np.median(samples) < 600 and sensor == "landsat8" else 10_000.0


def _scaled(factor: float, bands: Sequence[Band], samples: npt.NDArray[np.float64]) -> Radiometry:
    low, high = [], []
    for band, numbers in zip(bands, samples, strict=True):
        if band.role in _THERMAL:
            cold, hot = _thermal_range(numbers)
            low.append(cold)
            high.append(hot)
        else:
            low.append(0.0)
            high.append(factor)
    return Radiometry(kind="scale", low=tuple(low), high=tuple(high))


def _thermal_range(numbers: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the numbers of 200 and 340 kelvin, by the factor (1, 10 or 100) that makes the median fit."""
    median = float(np.median(numbers)) if numbers.size else 0.0
    for factor in (1.0, 10.0, 100.0):
        if _THERMAL_RANGE_K[0] <= median / factor <= _THERMAL_RANGE_K[1]:
            return _THERMAL_RANGE_K[0] * factor, _THERMAL_RANGE_K[1] * factor
    low, high = (float(value) for value in np.percentile(numbers, (2, 98)))
    return low, high if high > low else low + 1
