"""STAC items of the label extension, with the images that they link to."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from napari_rsseg.datasets.importing import LabelledImage
from napari_rsseg.datasets.imports.layouts import FoundSet
from napari_rsseg.datasets.mask_files import open_mask
from napari_rsseg.errors import DatasetError

if TYPE_CHECKING:
    import pystac

    from napari_rsseg.datasets.label_map import LabelMap
    from napari_rsseg.datasets.mask_files import MaskFile
    from napari_rsseg.scenes.scene import Scene

__all__ = ["find_stac"]

_TIFFS = (".tif", ".tiff", ".png", ".jp2")


def find_stac(file: Path, meaning: LabelMap) -> FoundSet:
    """Find the raster labels of a catalogue or collection.

    Raises
    ------
    DatasetError
        When it cannot be read, or no item in it has raster labels.
    """
    import pystac

    try:
        catalogue = pystac.read_file(str(file))
        found_items = catalogue.get_items(recursive=True) if isinstance(catalogue, pystac.Catalog) else ()
        items = {item.id: item for item in found_items}
    except (pystac.STACError, OSError, ValueError, KeyError) as error:
        raise DatasetError(f"{file} cannot be read as STAC ({error}).", "Get the files again.") from error
    found: list[LabelledImage] = []
    problems: list[str] = []
    for item in items.values():
        if item.properties.get("label:type") != "raster":
            continue
        image = _source_image(item)
        mask = _raster(item, "labels-raster")
        if image is None or mask is None:
            problems.append(f"Item {item.id} of {file} has no {'image' if mask else 'raster of labels'}.")
            continue
        found.append(LabelledImage(item.id.removesuffix("-labels"), image, partial(_opened, mask, meaning)))
    if not found:
        raise DatasetError(f"{file} has no item with raster labels.", "Give a set of the label extension.")
    return FoundSet(tuple(sorted(found, key=lambda image: image.name)), tuple(problems))


def _source_image(item: pystac.Item) -> Path | None:
    """Return the image that a label item was drawn on."""
    import pystac

    for link in item.get_links("source"):
        link.resolve_stac_object()
        target = link.target
        if isinstance(target, pystac.Item):
            path = _raster(target, "data")
            if path is not None:
                return path
    return None


def _raster(item: pystac.Item, role: str) -> Path | None:
    """Return the file of the asset of a role, else of the first raster there is."""
    assets = [asset for asset in item.get_assets().values() if asset.href.lower().endswith(_TIFFS)]
    chosen = [asset for asset in assets if role in (asset.roles or ())] or assets
    href = chosen[0].get_absolute_href() if chosen else None
    return None if href is None else Path(href)


def _opened(path: Path, meaning: LabelMap, scene: Scene) -> MaskFile:
    return open_mask(path, meaning)
