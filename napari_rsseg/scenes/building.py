"""From an opened file to a scene: roles, levels, radiometry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.bands import assigned_roles, sensor_of
from napari_rsseg.scenes.default_radiometry import default_radiometry
from napari_rsseg.scenes.georeferencing import ground_sampling_distance
from napari_rsseg.scenes.pyramid import Pyramid
from napari_rsseg.scenes.raster import RasterScene, SceneFacts
from napari_rsseg.scenes.sampling import sample_numbers, without_false_alpha
from napari_rsseg.scenes.scene import BAND_ROLES, Band
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_rsseg.scenes.extras import ExtraLayer
    from napari_rsseg.scenes.facts import RasterFacts
    from napari_rsseg.scenes.pixels import PixelSource
    from napari_rsseg.scenes.radiometry import Radiometry
    from napari_rsseg.scenes.scene import SceneReference

__all__ = ["OpenedRaster", "build_scene"]


@dataclass(frozen=True)
class OpenedRaster:
    """What a format reader hands over.

    Attributes
    ----------
    pixels : PixelSource
        Numbers of all bands, alpha included, at the levels of the file.
    facts : RasterFacts
        What the file says about itself.
    fingerprint : str
        Digest of the file or files.
    extras : mapping
        Layers beside the bands, by name.
    dataset : str or None
        What GDAL opens for the same bands: a path or the text of a virtual dataset; None: nothing.
    """

    pixels: PixelSource
    facts: RasterFacts
    fingerprint: str
    extras: Mapping[str, ExtraLayer] = field(default_factory=dict)
    dataset: str | None = None


def build_scene(reference: SceneReference, opened: OpenedRaster) -> RasterScene:
    """Return the scene of an opened file; closes the file when it is none.

    Raises
    ------
    SceneError
        When a correction names an unknown band or role, the radiometry is of another number of bands, or
        nothing in the file was measured.
    """
    try:
        return _built(reference, opened)
    except SceneError:
        opened.pixels.close()
        raise


def _built(reference: SceneReference, opened: OpenedRaster) -> RasterScene:
    facts = without_false_alpha(opened.facts, opened.pixels)
    if not facts.spectral:
        raise SceneError(f"{reference.uri} holds nothing but an alpha band.", "Choose a file with an image.")
    pixels = Pyramid(opened.pixels, tuple(band.nodata for band in facts.bands), opened.fingerprint)
    sensor = facts.sensor or sensor_of(reference.uri, facts)
    bands = _bands(reference, facts, sensor)
    full = pixels.levels[0]
    scene_facts = SceneFacts(
        bands=bands,
        positions=facts.spectral,
        alpha=facts.alpha,
        georeference=facts.georeference,
        gsd_m=ground_sampling_distance(facts.georeference, full.height, full.width),
        fingerprint=opened.fingerprint,
        acquired=facts.acquired,
        dataset=opened.dataset,
        sensor=sensor,
    )
    if reference.radiometry is not None:
        _require_fitting(reference, reference.radiometry, len(bands))
        return RasterScene(reference, pixels, scene_facts, reference.radiometry, opened.extras)
    is_plain = facts.alpha is None and all(band.dtype == "uint8" and band.nodata is None for band in bands)
    if is_plain and pixels.mask(Window(0, 1, 0, 1), 0) is None:  # nothing to learn from the numbers
        samples = pixels.read(Window(0, 1, 0, 1), 0, facts.spectral)[:, 0]
    else:
        samples = sample_numbers(pixels, scene_facts, reference.uri)
    radiometry = facts.radiometry or default_radiometry(facts, bands, samples, sensor)
    return RasterScene(reference, pixels, scene_facts, radiometry, opened.extras)


def _bands(reference: SceneReference, facts: RasterFacts, sensor: str | None) -> tuple[Band, ...]:
    spectral = tuple(facts.bands[index] for index in facts.spectral)
    roles = list(assigned_roles(reference.uri, spectral, sensor))
    for index, role in facts.roles.items():
        roles[index] = role
    for index, correction in reference.roles:
        if not 0 <= index < len(spectral) or (correction is not None and correction not in BAND_ROLES):
            raise SceneError(
                f"{reference.uri} has {len(spectral)} bands; band {index} was given the role {correction!r}.",
                f"Bands count from 0; roles are {', '.join(BAND_ROLES)}.",
            )
        roles[index] = correction
    return tuple(
        Band(
            name=band.name or (band.colour if len(spectral) > 1 and band.colour else f"band {index + 1}"),
            role=role,
            dtype=band.dtype,
            nodata=band.nodata,
            wavelength_nm=band.wavelength_nm,
        )
        for index, (band, role) in enumerate(zip(spectral, roles, strict=True))
    )


def _require_fitting(reference: SceneReference, radiometry: Radiometry, count: int) -> None:
    if len(radiometry.low) != count:
        raise SceneError(
            f"The radiometry given for {reference.uri} has {len(radiometry.low)} bands, the scene {count}.",
            "Open the scene without it, or give one value per band.",
        )
