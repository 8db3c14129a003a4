"""``img_dir`` and ``ann_dir`` as mmsegmentation reads them, in the form of KTDA's sets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from napari_rsseg.datasets.exports.pictures import mask_of, picture_of, png_bytes
from napari_rsseg.datasets.exports.places import write_rgb_tiff
from napari_rsseg.datasets.splitting import SPLITS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_rsseg.datasets.version import Version

__all__ = ["write_mmseg"]

_TIFF_SCHEMES = {"grass"}  # KTDA's grass set has .tif images, its l8_biome set .png; masks are .png in both


def write_mmseg(version: Version, folder: Path, on_progress: Callable[[int, int], None]) -> tuple[str, ...]:
    """Write a version as ``img_dir/SPLIT/NAME`` and ``ann_dir/SPLIT/NAME.png``.

    Images are red, green and blue of 8 bits: ``.tif`` with its place on the map for the scheme ``grass``,
    else ``.png``. Masks hold class ids, 255 where nothing is said. ``dataset.json`` has ``classes`` and
    ``palette`` as mmsegmentation's ``metainfo`` takes them.
    """
    is_tiff = version.scheme.name in _TIFF_SCHEMES
    for split in SPLITS:
        for kind in ("img_dir", "ann_dir"):
            (folder / kind / split).mkdir(parents=True)
    for number, chip in enumerate(version.chips, start=1):
        picture, mask = picture_of(version, chip), mask_of(version, chip)
        target = folder / "img_dir" / chip.split / chip.name
        if is_tiff:
            write_rgb_tiff(target.with_name(f"{chip.name}.tif"), picture, version, chip)
        else:
            target.with_name(f"{chip.name}.png").write_bytes(png_bytes(picture))
        (folder / "ann_dir" / chip.split / f"{chip.name}.png").write_bytes(png_bytes(mask))
        on_progress(number, len(version.chips))
    metainfo = {
        "classes": list(version.scheme.names),
        "palette": [list(bytes.fromhex(entry.colour[1:])) for entry in version.scheme.classes],
        "ignore_index": 255,
        "reduce_zero_label": False,
        "img_suffix": ".tif" if is_tiff else ".png",
        "seg_map_suffix": ".png",
    }
    (folder / "dataset.json").write_text(json.dumps(metainfo, indent=1) + "\n", encoding="utf-8")
    return ()
