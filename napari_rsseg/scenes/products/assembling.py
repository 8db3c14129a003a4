"""From the parts of a product to an opened raster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_rsseg.scenes.building import OpenedRaster
from napari_rsseg.scenes.extras import ExtraLayer
from napari_rsseg.scenes.fingerprint import fingerprint_of_product
from napari_rsseg.scenes.gdal_raster import GdalRaster
from napari_rsseg.scenes.products.virtual import ProductBand, virtual_raster
from napari_rsseg.scenes.radiometry import Radiometry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_rsseg.scenes.products.members import ProductFiles
    from napari_rsseg.scenes.scene import BandRole

__all__ = ["BandScale", "ProductExtra", "ProductParts", "assembled"]


@dataclass(frozen=True)
class BandScale:
    """What a band's numbers mean.

    Attributes
    ----------
    low, high : float
        Numbers of reflectance 0 and 1 (of 200 and 340 K).
    gain : float
        Physical units per number.
    """

    low: float
    high: float
    gain: float


@dataclass(frozen=True)
class ProductExtra:
    """A layer beside the bands: name, what GDAL opens, meaning of numbers or of bits."""

    name: str
    source: str
    classes: Mapping[int, str]
    bits: Mapping[int, str]


@dataclass(frozen=True)
class ProductParts:
    """A product, read from its metadata and file names.

    Attributes
    ----------
    bands : list of ProductBand
        Bands in order.
    roles : list of BandRole or None
        What each measures.
    scales : list of BandScale
        What the numbers of each mean.
    sensor : str
        Key of ``bands.SENSORS``.
    acquired : str or None
        Date of acquisition, ISO 8601.
    extras : list of ProductExtra
        Layers beside the bands.
    metadata_names : list of str
        Files whose change makes it another product.
    """

    bands: list[ProductBand]
    roles: list[BandRole | None]
    scales: list[BandScale]
    sensor: str
    acquired: str | None
    extras: list[ProductExtra]
    metadata_names: list[str]


def assembled(files: ProductFiles, parts: ProductParts) -> OpenedRaster:
    """Return the product on the grid of its finest band.

    Raises
    ------
    SceneError
        When a file of it cannot be opened.
    """
    shown = str(files.root)
    text, grid = virtual_raster(parts.bands, shown)
    pixels = GdalRaster(text, shown)
    facts = replace(
        pixels.facts(),
        acquired=parts.acquired,
        roles={index: role for index, role in enumerate(parts.roles) if role is not None},
        sensor=parts.sensor,
        radiometry=Radiometry(
            kind="scale",
            low=tuple(scale.low for scale in parts.scales),
            high=tuple(scale.high for scale in parts.scales),
        ),
    )
    extras = {}
    for extra in parts.extras:
        layer, _ = virtual_raster([ProductBand(extra.name, extra.source, None)], shown, grid=grid)
        extras[extra.name] = ExtraLayer(
            extra.name, GdalRaster(layer, shown), classes=extra.classes, bits=extra.bits
        )
    fingerprint = fingerprint_of_product(files.root, [*files.names], parts.metadata_names)
    return OpenedRaster(pixels=pixels, facts=facts, fingerprint=fingerprint, extras=extras, dataset=text)
