"""Parquet files as Hugging Face ``datasets`` writes and reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from napari_rsseg.datasets.exports.pictures import mask_of, picture_of, png_bytes
from napari_rsseg.datasets.exports.places import chip_place
from napari_rsseg.datasets.splitting import SPLITS
from napari_rsseg.scenes.replacing import output_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_rsseg.datasets.chips import Chip
    from napari_rsseg.datasets.version import Version

__all__ = ["write_huggingface"]

_ROWS = 64
_SPLIT_NAMES = {"train": "train", "val": "validation", "test": "test"}
_TEXT = ("name", "scene", "window", "crs_wkt", "affine", "said_by")


def write_huggingface(
    version: Version, folder: Path, on_progress: Callable[[int, int], None]
) -> tuple[str, ...]:
    """Write ``data/SPLIT-00000-of-00001.parquet`` with columns ``image`` and ``annotation``.

    Both are PNG in the form of the ``Image`` feature; ``annotation`` holds class ids, 255 where nothing is
    said. Further columns say where a chip lies and who labelled it.
    """
    import pyarrow
    from pyarrow import parquet

    picture = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    fields = [("image", picture), ("annotation", picture)]
    fields += [(name, pyarrow.string()) for name in _TEXT]
    features: dict[str, Any] = {"image": {"_type": "Image"}, "annotation": {"_type": "Image"}}
    features |= {name: {"dtype": "string", "_type": "Value"} for name in _TEXT}
    told = json.dumps({"info": {"features": features}})
    schema = pyarrow.schema(fields, metadata={"huggingface": told})
    (folder / "data").mkdir(parents=True)
    done = 0
    for split in SPLITS:
        chips = version.chips_of(split)
        if not chips:
            continue
        path = folder / "data" / f"{_SPLIT_NAMES[split]}-00000-of-00001.parquet"
        with output_errors(path), parquet.ParquetWriter(path, schema) as writer:
            for start in range(0, len(chips), _ROWS):
                rows = [_row(version, chip) for chip in chips[start : start + _ROWS]]
                writer.write_table(pyarrow.Table.from_pylist(rows, schema=schema))
                done += len(rows)
                on_progress(done, len(version.chips))
    (folder / "classes.json").write_text(
        json.dumps(version.scheme.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8"
    )
    return ()


def _row(version: Version, chip: Chip) -> dict[str, Any]:
    place = chip_place(version, chip)
    said = next(entry["said_by"] for entry in version.chip_entries if entry["name"] == chip.name)
    actors = version.actors
    people = [
        {**entry, "actor": actors.get(entry["actor"], {}).get("name", ""),
         "since": actors.get(entry["actor"], {}).get("since")}
        for entry in said
    ]  # fmt: skip
    file = f"{chip.name}.png"
    return {
        "image": {"bytes": png_bytes(picture_of(version, chip)), "path": file},
        "annotation": {"bytes": png_bytes(mask_of(version, chip)), "path": file},
        "name": chip.name,
        "scene": chip.scene,
        "window": str(chip.window),
        "crs_wkt": place.crs_wkt,
        "affine": json.dumps(place.affine),
        "said_by": json.dumps(people),
    }
