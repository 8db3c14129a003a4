"""COCO annotations as masks."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.datasets.importing import LabelledImage
from napari_rsseg.datasets.imports.arrays import ArrayLabels
from napari_rsseg.datasets.imports.layouts import FoundSet
from napari_rsseg.datasets.pairing import files_of
from napari_rsseg.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.datasets.label_map import LabelMap
    from napari_rsseg.scenes.scene import Scene

__all__ = ["find_coco"]


def find_coco(images: Path, files: list[Path], scheme: Scheme, meaning: LabelMap) -> FoundSet:
    """Find images by the names that the annotations give them.

    Categories are classes by their names, or by the number that ``meaning`` gives their id. Pixels without
    an annotation are background where the scheme has some and the set does not annotate it, else nothing is
    said of them; an annotation with ``ignore`` 1 says nothing either.
    """
    here: dict[str, list[Path]] = defaultdict(list)
    for path in files_of(images) if images.is_dir() else [images]:
        here[path.name].append(path)
    found: dict[str, LabelledImage] = {}
    problems: list[str] = []
    for file in files:
        told = json.loads(file.read_text(encoding="utf-8"))
        classes = _classes_of(told["categories"], scheme, meaning)
        rest = _rest(classes, scheme)
        of_image: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for annotation in told["annotations"]:
            of_image[annotation["image_id"]].append(annotation)
        for entry in told["images"]:
            name = entry["file_name"]
            paths = [path for path in here.get(name.rpartition("/")[2], []) if path.as_posix().endswith(name)]
            if len(paths) != 1:
                said = "is several times" if paths else "is not"
                problems.append(f"{name} of {file} {said} in {images}.")
                continue
            draw = partial(_drawn, file, entry, of_image[entry["id"]], classes, rest)
            found.setdefault(name, LabelledImage(name.rpartition(".")[0], paths[0], draw))
    return FoundSet(tuple(found[name] for name in sorted(found)), tuple(problems))


def _classes_of(categories: list[dict[str, Any]], scheme: Scheme, meaning: LabelMap) -> dict[int, int | None]:
    """Return the class of each category; None where it means nothing."""
    known = {name: index for index, name in enumerate(scheme.names)}
    found: dict[int, int | None] = {}
    for category in categories:
        named = any(first <= category["id"] <= last for first, last, _ in meaning.numbers)
        if named:
            found[category["id"]] = int(meaning.translate(np.array([category["id"]]))[0])
        else:
            found[category["id"]] = known.get(category["name"])
    return found


def _rest(classes: dict[int, int | None], scheme: Scheme) -> int:
    background = scheme.background_ids
    return background[0] if background and background[0] not in classes.values() else IGNORED


def _drawn(
    file: Path,
    entry: dict[str, Any],
    annotations: list[dict[str, Any]],
    classes: dict[int, int | None],
    rest: int,
    scene: Scene,
) -> ArrayLabels:
    height, width = int(entry["height"]), int(entry["width"])
    ids = np.full((height, width), rest, dtype=np.uint8)
    for annotation in annotations:
        label = IGNORED if annotation.get("ignore") else classes.get(annotation["category_id"])
        if label is None:
            raise DatasetError(
                f"{entry['file_name']} of {file} has category {annotation['category_id']}, which is none.",
                f'Say what it means: --map "{annotation["category_id"]}=CLASS".',
            )
        ids[_area(annotation, height, width, file)] = label
    return ArrayLabels(ids)


def _area(annotation: dict[str, Any], height: int, width: int, file: Path) -> npt.NDArray[np.bool_]:
    from pycocotools import mask as coco_mask

    told = annotation["segmentation"]
    if isinstance(told, dict) and [int(side) for side in told["size"]] != [height, width]:
        raise DatasetError(
            f"Annotation {annotation['id']} of {file} is of another size than its image.", "Write it anew."
        )
    if isinstance(told, dict) and isinstance(told["counts"], str):
        return np.asarray(coco_mask.decode(told), dtype=np.bool_)
    packed = coco_mask.frPyObjects(told, height, width)
    if isinstance(packed, list):
        packed = coco_mask.merge(packed)
    return np.asarray(coco_mask.decode(packed), dtype=np.bool_)
