"""Masks of whole scenes as cloud-optimised GeoTIFF, with who said what beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.datasets.exports.mosaic import mosaics
from napari_rsseg.scenes.cog import RasterLayout, write_cog
from napari_rsseg.scenes.geotiff_writing import georeference_entries, metadata_entry
from napari_rsseg.scenes.masks import write_mask

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_rsseg.datasets.exports.mosaic import SceneMosaic
    from napari_rsseg.datasets.version import Version
    from napari_rsseg.scenes.windows import Window

__all__ = ["write_cogs"]


def write_cogs(version: Version, folder: Path, on_progress: Callable[[int, int], None]) -> tuple[str, ...]:
    """Write ``masks/FILE.tif`` of every scene, named as the scene's file, and ``provenance/FILE.tif``.

    Masks hold class ids, 255 outside of the version's chips. Provenance has three bands: where a label comes
    from, who said so (number in ``card.json``), and its split (0 train, 1 val, 2 test; 255 none).
    """
    found = mosaics(version)
    taken: set[str] = set()
    for number, mosaic in enumerate(found, start=1):
        stem = mosaic.source["title"]
        name = f"{mosaic.scene if stem in taken else stem}.tif"
        taken.add(stem)
        tags = {"DATASET_VERSION": version.hash, "SCENE": mosaic.source["file"]}
        write_mask(folder / "masks" / name, like=mosaic, read=mosaic.labels, scheme=version.scheme, tags=tags)
        _write_provenance(folder / "provenance" / name, mosaic, tags)
        on_progress(number, len(found))
    return ()


def _write_provenance(path: Path, mosaic: SceneMosaic, tags: dict[str, str]) -> None:
    bands = [{"description": name} for name in ("provenance", "actor", "split")]
    layout = RasterLayout(
        mosaic.height,
        mosaic.width,
        samples=3,
        dtype=np.dtype(np.uint16),
        entries=(*georeference_entries(mosaic.georeference), *metadata_entry(tags, bands)),
    )

    def read(window: Window) -> npt.NDArray[np.uint16]:
        codes = mosaic.statements(window)
        rest = np.maximum(codes, 0) // 256
        actor, split = rest // 8 // 4, np.where(codes < 0, 255, rest // 8 % 4)
        return np.stack([rest % 8, actor, split], axis=-1).astype(np.uint16)

    write_cog(path, layout, read=read, reduce=lambda tile: tile[::2, ::2], overwrite=False)
