"""COCO: pictures, and areas of each class as polygons and as run lengths."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.datasets.exports.pictures import mask_of, picture_of, png_bytes, said_by
from napari_rsseg.datasets.exports.places import chip_place
from napari_rsseg.datasets.exports.polygons import trace_polygons
from napari_rsseg.datasets.splitting import SPLITS
from napari_rsseg.project import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from shapely import Polygon

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.datasets.chips import Chip
    from napari_rsseg.datasets.version import Version

__all__ = ["write_coco"]


def write_coco(version: Version, folder: Path, on_progress: Callable[[int, int], None]) -> tuple[str, ...]:
    """Write ``SPLIT/NAME.png``, ``annotations/instances_SPLIT.json`` and ``instances_SPLIT_rle.json``.

    Each connected area of a class is one annotation; an area with holes is cut into polygons without any, so
    that polygons and run lengths give the same pixels. Background classes have no annotations; where nothing
    is said about them, an annotation with ``iscrowd`` and ``ignore`` 1 covers it.
    """
    done = 0
    (folder / "annotations").mkdir(parents=True)
    for split in SPLITS:
        (folder / split).mkdir()
        found = _Annotations(version)
        for chip in version.chips_of(split):
            (folder / split / f"{chip.name}.png").write_bytes(png_bytes(picture_of(version, chip)))
            found.add(chip)
            done += 1
            on_progress(done, len(version.chips))
        for ending, form in (("", "polygons"), ("_rle", "rle")):
            path = folder / "annotations" / f"instances_{split}{ending}.json"
            path.write_text(json.dumps(found.as_json(form)) + "\n", encoding="utf-8")
    return ()


class _Annotations:
    """One split, gathered chip by chip."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.categories = _categories(version.scheme)
        self.images: list[dict[str, Any]] = []
        self.annotations: list[dict[str, Any]] = []
        self.segmentations: dict[str, list[Any]] = {"polygons": [], "rle": []}

    def add(self, chip: Chip) -> None:
        place = chip_place(self.version, chip)
        height, width = chip.window.shape
        self.images.append(
            {
                "id": len(self.images) + 1, "file_name": f"{chip.name}.png", "height": height,
                "width": width, "scene": chip.scene, "crs_wkt": place.crs_wkt, "affine": list(place.affine),
            }
        )  # fmt: skip
        mask, said = mask_of(self.version, chip), said_by(self.version, chip)
        classes = set(self.categories)
        for label, polygon in trace_polygons(lambda window: mask[window.slices], mask.shape, classes=classes):
            area = _burnt(polygon, mask.shape)
            attributes = _attributes(self.version, said[:, area])
            rings = [_ring(part) for part in _without_holes(polygon)]
            self._annotate(area, self.categories[label], {"attributes": attributes}, rings)
        silent = mask == IGNORED
        if self.version.scheme.background_ids and silent.any():
            self._annotate(silent, min(self.categories.values()), {"iscrowd": 1, "ignore": 1}, None)

    def _annotate(
        self, area: npt.NDArray[np.bool_], category: int, more: dict[str, Any], rings: list[Any] | None
    ) -> None:
        from pycocotools import mask as coco_mask

        packed = coco_mask.encode(np.asfortranarray(area.astype(np.uint8)))
        self.annotations.append(
            {
                "id": len(self.annotations) + 1, "image_id": len(self.images), "category_id": category,
                "area": int(coco_mask.area(packed)), "bbox": coco_mask.toBbox(packed).tolist(),
                "iscrowd": 0, **more,
            }
        )  # fmt: skip
        runs = {"size": list(packed["size"]), "counts": packed["counts"].decode()}
        self.segmentations["rle"].append(runs)
        self.segmentations["polygons"].append(_run_lengths(area) if rings is None else rings)

    def as_json(self, form: str) -> dict[str, Any]:
        card, scheme = self.version.card, self.version.scheme
        return {
            "info": {"description": card["title"], "version": self.version.hash,
                     "date_created": self.version.made_at, "contributor": ", ".join(card["annotators"])},
            "licenses": [{"id": index, "name": name, "url": ""} for index, name in
                         enumerate(card["licences"], start=1)],
            "categories": [
                {"id": number, "name": scheme.names[label], "supercategory": scheme.name}
                for label, number in self.categories.items()
            ],
            "images": self.images,
            "annotations": [
                {**annotation, "segmentation": segmentation}
                for annotation, segmentation in zip(self.annotations, self.segmentations[form], strict=True)
            ],
        }  # fmt: skip


def _categories(scheme: Scheme) -> dict[int, int]:
    """Return the category number, from 1 on, of each class that is annotated."""
    shown = [index for index in range(len(scheme.classes)) if index not in scheme.background_ids]
    return {label: number for number, label in enumerate(shown, start=1)}


def _attributes(version: Version, said: npt.NDArray[np.uint16]) -> dict[str, Any]:
    """Return who said most of an area, and when."""
    pairs, counts = np.unique(said, axis=1, return_counts=True)
    provenance, actor = pairs[:, counts.argmax()].tolist()
    known = version.actors.get(actor, {})
    return {
        "provenance": Provenance(provenance).name.lower(),
        "actor": known.get("name", ""),
        "since": known.get("since"),
    }


def _burnt(polygon: Polygon, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    from rasterio.features import rasterize

    burnt = rasterize([(polygon, 1)], out_shape=shape, dtype="uint8")
    return np.asarray(burnt, dtype=np.bool_)


def _without_holes(polygon: Polygon) -> Iterator[Polygon]:
    """Cut a polygon of whole pixels along the left sides of its holes."""
    import shapely

    if not polygon.interiors:
        yield polygon
        return
    left, top, right, bottom = polygon.bounds
    cut = shapely.LinearRing(polygon.interiors[0]).bounds[0]
    for low, high in ((left, cut), (cut, right)):
        half = shapely.intersection(polygon, shapely.box(low, top, high, bottom))
        for part in shapely.get_parts(half):
            if part.geom_type == "Polygon":
                yield from _without_holes(part)


def _ring(polygon: Polygon) -> list[float]:
    return [float(value) for point in list(polygon.exterior.coords)[:-1] for value in point]


def _run_lengths(area: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Return run lengths as numbers, as the form asks of crowds: down the columns, the first one of zeros."""
    flat = area.ravel(order="F")
    ends = np.concatenate([np.flatnonzero(np.diff(flat)) + 1, [flat.size]])
    runs = np.diff(np.concatenate([[0], ends])).tolist()
    return {"size": list(area.shape), "counts": [0, *runs] if flat[0] else runs}
