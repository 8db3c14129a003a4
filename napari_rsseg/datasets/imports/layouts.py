"""Which layout a labelled set has, told by what lies there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_rsseg.datasets.importing import LabelledImage
from napari_rsseg.datasets.mask_files import open_mask
from napari_rsseg.datasets.pairing import pair_files
from napari_rsseg.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.datasets.importing import Labels
    from napari_rsseg.datasets.label_map import LabelMap
    from napari_rsseg.scenes.scene import Scene

__all__ = ["FoundSet", "find_labelled"]

VECTOR_SUFFIXES = (".gpkg", ".geojson", ".fgb", ".shp")


@dataclass(frozen=True)
class FoundSet:
    """Images with labels.

    Attributes
    ----------
    images : tuple of LabelledImage
        What can be taken.
    problems : tuple of str
        What cannot, a sentence each.
    """

    images: tuple[LabelledImage, ...]
    problems: tuple[str, ...] = ()


def find_labelled(
    images: Path, masks: Path, *, scheme: Scheme, meaning: LabelMap, extract_to: Path
) -> FoundSet:
    """Find the images and labels of a set.

    Parameters
    ----------
    images : Path
        An image or a folder of them; of sets that hold their images (Hugging Face Parquet, STAC), the set.
    masks : Path
        A mask or a folder of them, a COCO file, a GeoPackage, GeoJSON or GeoParquet file, or the folder that
        holds such files; the same as ``images`` for sets that hold both.
    scheme : Scheme
        The classes.
    meaning : LabelMap
        What numbers and colours mean.
    extract_to : Path
        Folder for images that have no files of their own.

    Raises
    ------
    DatasetError
        When a place does not exist, or nothing in it is labelled.
    """
    for place in (images, masks):
        if not place.exists():
            raise DatasetError(f"{place} does not exist.", "Give a file, or a folder of files.")
    kind, files = _kind_of(masks)
    if kind == "stac":
        from napari_rsseg.datasets.imports.stac import find_stac

        return find_stac(files[0], meaning)
    if kind == "huggingface":
        from napari_rsseg.datasets.imports.huggingface import find_huggingface

        return find_huggingface(files, meaning, extract_to)
    if kind == "coco":
        from napari_rsseg.datasets.imports.coco import find_coco

        return find_coco(images, files, scheme, meaning)
    if kind == "vectors":
        from napari_rsseg.datasets.imports.vectors import find_vectors

        return find_vectors(images, files, scheme, meaning)
    pairing = pair_files(images, masks)
    found = (
        LabelledImage(pair.name, pair.image, partial(_opened_mask, pair.mask, meaning))
        for pair in pairing.pairs
    )
    return FoundSet(tuple(found), pairing.problems)


def _opened_mask(path: Path, meaning: LabelMap, scene: Scene) -> Labels:
    return open_mask(path, meaning)


def _kind_of(masks: Path) -> tuple[str, list[Path]]:
    """Return the layout, and the files in which its labels are; rasters have none here."""
    if masks.is_file():
        return _kind_of_file(masks), [masks]
    for name in ("collection.json", "catalog.json"):
        if (masks / name).is_file():
            return "stac", [masks / name]
    for folder in (masks, masks / "data", masks / "annotations"):
        for endings in ((".parquet",), VECTOR_SUFFIXES, (".json",)):
            files = sorted(path for path in folder.glob("*") if path.suffix.lower() in endings)
            kinds = {path: _kind_of_file(path) for path in files}
            for kind in ("huggingface", "vectors", "coco"):
                own = [path for path in files if kinds[path] == kind]
                if own:
                    return kind, own
    return "rasters", []


def _kind_of_file(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        from pyarrow import parquet

        return "vectors" if b"geo" in (parquet.read_schema(path).metadata or {}) else "huggingface"
    if suffix in VECTOR_SUFFIXES:
        return "vectors"
    if suffix != ".json":
        return "rasters"
    told = _json(path)
    if "stac_version" in told:
        return "stac"
    if "annotations" in told and "images" in told:
        return "coco"
    return "vectors" if told.get("type") == "FeatureCollection" else "unknown"


def _json(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} cannot be read ({error}).", "Get the file again.") from error
    return told if isinstance(told, dict) else {}
