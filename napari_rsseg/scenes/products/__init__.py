"""Products that are many files: Sentinel-2 and Landsat Collection 2, as one scene each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes.building import OpenedRaster

__all__ = ["open_product"]


def open_product(path: Path) -> OpenedRaster | None:
    """Return the product at a path (folder, zip or tar); None where it is none that is known."""
    return None
