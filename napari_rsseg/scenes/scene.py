"""What a scene is: bands of pixels on one grid, with a place on the map; readers implement it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Protocol, get_args, runtime_checkable

from napari_rsseg.errors import SceneError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.scenes.radiometry import Radiometry
    from napari_rsseg.scenes.windows import Window

__all__ = [
    "BAND_ROLES",
    "Band",
    "BandRole",
    "Georeference",
    "Level",
    "Scene",
    "SceneReference",
    "band_indices",
]

BandRole = Literal[
    "coastal", "blue", "green", "yellow", "red", "rededge1", "rededge2", "rededge3", "nir", "nir_narrow",
    "water_vapour", "cirrus", "swir1", "swir2", "panchromatic", "thermal1", "thermal2", "alpha",
]  # fmt: skip
BAND_ROLES: tuple[BandRole, ...] = get_args(BandRole)


@dataclass(frozen=True)
class Band:
    """One band of a scene.

    Attributes
    ----------
    name : str
        As the file or product calls it.
    role : BandRole or None
        What it measures; None where nothing says so.
    dtype : str
        numpy dtype name of its numbers.
    nodata : float or None
        Number that stands for "nothing measured".
    wavelength_nm : float or None
        Centre wavelength in nanometres.
    """

    name: str
    role: BandRole | None
    dtype: str
    nodata: float | None = None
    wavelength_nm: float | None = None


@dataclass(frozen=True)
class Georeference:
    """Where pixels lie on the map.

    Attributes
    ----------
    crs_wkt : str or None
        Coordinate reference system as WKT2; None: pixels only.
    affine : tuple of 6 float
        a, b, c, d, e, f of x = a*column + b*row + c, y = d*column + e*row + f (pixel corners).
    geokeys : mapping
        The source's raw GeoTIFF tags by tag number, empty for other formats; written back unchanged.
    """

    crs_wkt: str | None = None
    affine: tuple[float, float, float, float, float, float] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    geokeys: Mapping[int, tuple[float | int | str, ...]] = field(default_factory=dict)

    @property
    def is_georeferenced(self) -> bool:
        """Whether pixels have a place on the map."""
        return self.crs_wkt is not None

    def __reduce__(self) -> tuple[type[Georeference], tuple[object, ...]]:
        # a mapping proxy cannot travel to a worker; a plain dict can
        return (Georeference, (self.crs_wkt, self.affine, dict(self.geokeys)))

    def __post_init__(self) -> None:
        object.__setattr__(self, "geokeys", MappingProxyType(dict(self.geokeys)))


@dataclass(frozen=True)
class Level:
    """One level of the pyramid: its size in pixels and how many scene pixels one of its pixels spans."""

    height: int
    width: int
    downsample: float


@dataclass(frozen=True)
class SceneReference:
    """What a worker needs to open the same scene again.

    Attributes
    ----------
    uri : str
        File, folder or URL.
    roles : tuple of (int, BandRole or None)
        Corrections of band roles made by the user: band index and role.
    radiometry : Radiometry or None
        The radiometry chosen when the scene was first opened, so that all processes apply the same one.
    """

    uri: str
    roles: tuple[tuple[int, BandRole | None], ...] = ()
    radiometry: Radiometry | None = None


@runtime_checkable
class Scene(Protocol):
    """An opened raster; reading is thread-safe and never touches more than the asked window.

    Attributes
    ----------
    uri : str
        File, folder or URL it was opened from.
    height, width : int
        Size of level 0 in pixels.
    bands : tuple of Band
        All spectral bands in file order; ``valid`` holds what alpha and mask bands say.
    georeference : Georeference
        Place on the map.
    gsd_m : float or None
        Ground sampling distance in metres; None where unknown.
    levels : tuple of Level
        Level 0 first; coarser levels of the file, or computed lazily.
    fingerprint : str
        Hex digest that changes when the file does (size, mtime, hash of header and a few spread-out tiles).
    radiometry : Radiometry
        Fixed mapping of numbers to values.
    acquired : str or None
        Date of acquisition, ISO 8601.
    """

    @property
    def uri(self) -> str: ...  # noqa: D102
    @property
    def height(self) -> int: ...  # noqa: D102
    @property
    def width(self) -> int: ...  # noqa: D102
    @property
    def bands(self) -> tuple[Band, ...]: ...  # noqa: D102
    @property
    def georeference(self) -> Georeference: ...  # noqa: D102
    @property
    def gsd_m(self) -> float | None: ...  # noqa: D102
    @property
    def levels(self) -> tuple[Level, ...]: ...  # noqa: D102
    @property
    def fingerprint(self) -> str: ...  # noqa: D102
    @property
    def radiometry(self) -> Radiometry: ...  # noqa: D102
    @property
    def acquired(self) -> str | None: ...  # noqa: D102

    @property
    def reference(self) -> SceneReference:
        """How to open it again in another process."""
        ...

    def read(
        self, window: Window, *, level: int = 0, bands: tuple[int, ...] | None = None
    ) -> npt.NDArray[np.generic]:
        """Return numbers as they stand in the file, (bands, height, width), for a window of that level.

        Raises
        ------
        SceneError
            When the window leaves the level, or the file is damaged there.
        """
        ...

    def valid(self, window: Window, *, level: int = 0) -> npt.NDArray[np.bool_]:
        """Return where something was measured, (height, width).

        False where a pixel is nodata, masked, transparent, NaN or infinite.
        """
        ...

    def close(self) -> None:
        """Release the file."""
        ...


def band_indices(scene: Scene, roles: tuple[BandRole, ...]) -> tuple[int, ...]:
    """Return the index of the first band of each role.

    Raises
    ------
    SceneError
        When the scene lacks one of the roles, with all that are missing.
    """
    found = {band.role: index for index, band in reversed(list(enumerate(scene.bands)))}
    missing = [role for role in roles if role not in found]
    if missing:
        known = ", ".join(f"{band.name} = {band.role or 'unknown'}" for band in scene.bands)
        raise SceneError(
            f"Scene {scene.uri} has no {' or '.join(missing)} band (its bands: {known}).",
            "Correct the band roles of the scene, or choose a model that needs other bands.",
        )
    return tuple(found[role] for role in roles)
