"""Products that are many files: Sentinel-2 and Landsat Collection 2, as one scene each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes.building import OpenedRaster

__all__ = ["open_product"]

_METADATA = re.compile(r"^MTD_MSIL(1C|2A)\.xml$|_MTL\.txt$", re.IGNORECASE)


def open_product(path: Path) -> OpenedRaster | None:
    """Return the product at a path: its folder, zip, tar, or metadata file; None where it is none.

    Raises
    ------
    SceneError
        When it is one, but damaged or incomplete.
    """
    from napari_rsseg.scenes.products.members import product_files

    root = path.parent if _METADATA.search(path.name) else path
    files = product_files(root)
    if files is None:
        return None
    from napari_rsseg.scenes.products.assembling import assembled
    from napari_rsseg.scenes.products.landsat import landsat_parts
    from napari_rsseg.scenes.products.sentinel2 import sentinel2_parts

    parts = sentinel2_parts(files) or landsat_parts(files)
    return None if parts is None else assembled(files, parts)
