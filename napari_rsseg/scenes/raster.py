"""The scene that all readers share: windows checked, alpha apart, validity and radiometry applied."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.scene import Band, Georeference, Level, SceneReference
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_rsseg.scenes.extras import ExtraLayer
    from napari_rsseg.scenes.pixels import PixelSource
    from napari_rsseg.scenes.radiometry import Radiometry

__all__ = ["RasterScene", "SceneFacts", "measured"]


@dataclass(frozen=True)
class SceneFacts:
    """What is known of a scene before its radiometry is chosen.

    Attributes
    ----------
    bands : tuple of Band
        Spectral bands.
    positions : tuple of int
        Place of each spectral band in the file.
    alpha : int or None
        Place of the alpha band in the file.
    georeference : Georeference
        Place on the map.
    gsd_m : float or None
        Ground sampling distance in metres.
    fingerprint : str
        Digest of the file.
    acquired : str or None
        Date of acquisition.
    dataset : str or None
        What GDAL opens for the same bands; None: nothing.
    sensor : str or None
        Key of ``bands.SENSORS`` where something says what took the image.
    """

    bands: tuple[Band, ...]
    positions: tuple[int, ...]
    alpha: int | None
    georeference: Georeference
    gsd_m: float | None
    fingerprint: str
    acquired: str | None
    dataset: str | None = None
    sensor: str | None = None


def measured(
    numbers: npt.NDArray[np.generic], nodata: tuple[float | None, ...], *, each: bool = False
) -> npt.NDArray[np.bool_]:
    """Return (height, width): where numbers (bands, height, width) were measured.

    A pixel is not measured where one of the bands is NaN or infinite, or where all bands are nodata: a single
    0 among unsigned numbers is darkness. With ``each`` one band at nodata is enough where its numbers are
    signed or floating, since no measurement gives -9999.
    """
    finite = np.ones(numbers.shape[1:], dtype=np.bool_)
    some = np.zeros(numbers.shape[1:], dtype=np.bool_)
    for plane, empty in zip(numbers, nodata, strict=True):
        if plane.dtype.kind == "f":
            finite &= np.isfinite(plane)
        if empty is None or math.isnan(empty):
            some[...] = True
            continue
        present = plane != empty
        some |= present
        if each and plane.dtype.kind != "u":
            finite &= present
    return finite & some


class RasterScene:
    """A scene read from a file; implements ``Scene``.

    Parameters
    ----------
    reference : SceneReference
        Uri, corrected roles and radiometry.
    pixels : PixelSource
        Numbers, at all levels.
    facts : SceneFacts
        Everything else.
    radiometry : Radiometry
        Fixed mapping of numbers to values.
    extras : mapping, optional
        Layers that the product brings beside its bands, by name (``SCL``, ``QA_PIXEL``).
    """

    def __init__(
        self,
        reference: SceneReference,
        pixels: PixelSource,
        facts: SceneFacts,
        radiometry: Radiometry,
        extras: Mapping[str, ExtraLayer] | None = None,
    ) -> None:
        self._pixels, self._facts, self._radiometry = pixels, facts, radiometry
        self._reference = SceneReference(reference.uri, reference.roles, radiometry)
        self.extras: Mapping[str, ExtraLayer] = dict(extras or {})

    def __repr__(self) -> str:
        return f"RasterScene({self.uri!r}, {self.height} x {self.width} px, {len(self.bands)} bands)"

    @property
    def uri(self) -> str:
        """File, folder or URL it was opened from."""
        return self._reference.uri

    @property
    def height(self) -> int:
        """Rows of level 0."""
        return self.levels[0].height

    @property
    def width(self) -> int:
        """Columns of level 0."""
        return self.levels[0].width

    @property
    def bands(self) -> tuple[Band, ...]:
        """Spectral bands in file order."""
        return self._facts.bands

    @property
    def georeference(self) -> Georeference:
        """Place on the map."""
        return self._facts.georeference

    @property
    def gsd_m(self) -> float | None:
        """Ground sampling distance in metres."""
        return self._facts.gsd_m

    @property
    def levels(self) -> tuple[Level, ...]:
        """Level 0 first."""
        return self._pixels.levels

    @property
    def fingerprint(self) -> str:
        """Digest that changes when the file does."""
        return self._facts.fingerprint

    @property
    def radiometry(self) -> Radiometry:
        """Fixed mapping of numbers to values."""
        return self._radiometry

    @property
    def acquired(self) -> str | None:
        """Date of acquisition, ISO 8601."""
        return self._facts.acquired

    @property
    def positions(self) -> tuple[int, ...]:
        """Place of each spectral band in the file, which may hold alpha bands between."""
        return self._facts.positions

    @property
    def dataset(self) -> str | None:
        """What GDAL opens for the same bands: a path or the text of a virtual dataset."""
        return self._facts.dataset

    @property
    def sensor(self) -> str | None:
        """Key of ``bands.SENSORS`` where something says what took the image."""
        return self._facts.sensor

    @property
    def reference(self) -> SceneReference:
        """How to open it again in another process."""
        return self._reference

    def read(
        self, window: Window, *, level: int = 0, bands: tuple[int, ...] | None = None
    ) -> npt.NDArray[np.generic]:
        """Return numbers as they stand in the file, (bands, height, width).

        Raises
        ------
        SceneError
            When the window leaves the level, a band is unknown, or the file is damaged there.
        """
        self._check(window, level)
        chosen = tuple(range(len(self.bands))) if bands is None else bands
        if any(not 0 <= band < len(self.bands) for band in chosen):
            raise SceneError(
                f"Bands {chosen} are asked of {self.uri}, which has {len(self.bands)}.",
                f"Ask for 0 to {len(self.bands) - 1}.",
            )
        return self._pixels.read(window, level, tuple(self._facts.positions[band] for band in chosen))

    def valid(self, window: Window, *, level: int = 0) -> npt.NDArray[np.bool_]:
        """Return where something was measured, (height, width).

        Raises
        ------
        SceneError
            When the window leaves the level, or the file is damaged there.
        """
        self._check(window, level)
        if not self._numbers_may_be_invalid:
            return self._unmasked(window, level)
        return self.validity(self.read(window, level=level), window, level=level)

    def validity(
        self,
        numbers: npt.NDArray[np.generic],
        window: Window,
        *,
        level: int = 0,
        bands: tuple[int, ...] | None = None,
    ) -> npt.NDArray[np.bool_]:
        """Return where numbers just read for a window were measured, (height, width), by these bands alone.

        Parameters
        ----------
        numbers : ndarray, (bands, height, width)
            What ``read`` returned.
        window, level, bands
            What ``read`` was asked for.
        """
        chosen = self.bands if bands is None else tuple(self.bands[band] for band in bands)
        found = measured(numbers, tuple(band.nodata for band in chosen), each=bands is not None)
        return found & self._unmasked(window, level)

    def close(self) -> None:
        """Release the file."""
        for extra in self.extras.values():
            extra.close()
        self._pixels.close()

    @property
    def _numbers_may_be_invalid(self) -> bool:
        return self._pixels.dtype.kind == "f" or all(band.nodata is not None for band in self.bands)

    def _unmasked(self, window: Window, level: int) -> npt.NDArray[np.bool_]:
        clear = self._pixels.mask(window, level)
        if clear is None:
            clear = np.ones(window.shape, dtype=np.bool_)
        if self._facts.alpha is not None:
            clear = clear & (self._pixels.read(window, level, (self._facts.alpha,))[0] > 0)
        return clear

    def _check(self, window: Window, level: int) -> None:
        if not 0 <= level < len(self.levels):
            raise SceneError(
                f"Level {level} is asked of {self.uri}, which has {len(self.levels)}.",
                f"Ask for 0 to {len(self.levels) - 1}.",
            )
        size = self.levels[level]
        if not Window.of(size.height, size.width).contains(window):
            raise SceneError(
                f"Window {window} leaves {self.uri}, {size.height} x {size.width} px at level {level}.",
                "Ask for a window inside, or pad it.",
            )
