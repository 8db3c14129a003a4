"""What a file says about itself, in one form for all formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_rsseg.scenes.scene import Georeference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_rsseg.scenes.radiometry import Radiometry
    from napari_rsseg.scenes.scene import BandRole

__all__ = ["BandFacts", "RasterFacts"]


@dataclass(frozen=True)
class BandFacts:
    """One band as the file describes it.

    Attributes
    ----------
    name : str
        Description in the file; empty where there is none.
    dtype : str
        numpy dtype name.
    nodata : float or None
        Number that stands for "nothing measured".
    colour : str or None
        Colour interpretation: ``red``, ``green``, ``blue``, ``nir``, ``alpha``, ``grey``; None: undefined.
    wavelength_nm : float or None
        Centre wavelength in nanometres.
    scale, offset : float or None
        Physical value = number * scale + offset, where the file says so.
    """

    name: str
    dtype: str
    nodata: float | None = None
    colour: str | None = None
    wavelength_nm: float | None = None
    scale: float | None = None
    offset: float | None = None


@dataclass(frozen=True)
class RasterFacts:
    """A raster as its file describes it.

    Attributes
    ----------
    bands : tuple of BandFacts
        All bands in file order, alpha included.
    georeference : Georeference
        Place on the map.
    acquired : str or None
        Date of acquisition, ISO 8601.
    metadata : mapping
        Free items of the file by name in upper case.
    roles : mapping
        Roles that the product fixes, by band; they go before all guesses.
    radiometry : Radiometry or None
        Mapping that the product fixes, one entry per spectral band.
    sensor : str or None
        Key of ``bands.SENSORS`` where the product says what took the image.
    """

    bands: tuple[BandFacts, ...]
    georeference: Georeference = field(default_factory=Georeference)
    acquired: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[int, BandRole] = field(default_factory=dict)
    radiometry: Radiometry | None = None
    sensor: str | None = None

    @property
    def spectral(self) -> tuple[int, ...]:
        """Indices of the bands that are not alpha."""
        return tuple(index for index, band in enumerate(self.bands) if band.colour != "alpha")

    @property
    def alpha(self) -> int | None:
        """Index of the alpha band."""
        return next((index for index, band in enumerate(self.bands) if band.colour == "alpha"), None)
