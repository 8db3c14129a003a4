"""What is exported and imported again has the same pixels, place and classes, in every layout that can."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from napari_rsseg.datasets.collecting import collect
from napari_rsseg.datasets.exporting import export_version
from napari_rsseg.datasets.exports.mosaic import mosaics
from napari_rsseg.datasets.exports.pictures import mask_of, picture_of
from napari_rsseg.datasets.exports.places import chip_place
from napari_rsseg.errors import DatasetError
from napari_rsseg.project import Project, Provenance
from napari_rsseg.scenes.georeferencing import same_crs
from napari_rsseg.scenes.scene import Georeference
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.datasets.importing import ImportReport
    from napari_rsseg.datasets.version import Version

CHIP_LAYOUTS = {
    "mmseg": ("img_dir", "ann_dir"),
    "coco": (".", "annotations"),
    "hf": (".", "data"),
    "stac": (".", "collection.json"),
}
SCENE_LAYOUTS = {
    "cog": "masks",
    "gpkg": "labels.gpkg",
    "geojson": "labels.geojson",
    "geoparquet": ".",
}


def labels_by_title(project: Project) -> dict[str, npt.NDArray[np.uint8]]:
    return {
        entry.title: project.label_store(entry.id).read(Window.of(entry.height, entry.width)).labels
        for entry in project.scenes()
    }


@pytest.mark.parametrize("form", CHIP_LAYOUTS)
def test_layouts_of_chips(form: str, version: Version, tmp_path: Path) -> None:
    export_version(version, form, tmp_path / "out")
    images, masks = (tmp_path / "out" / part for part in CHIP_LAYOUTS[form])
    with Project.create(tmp_path / "p", name="p", scheme=version.scheme) as project:
        report = collect(project, images, masks)
        assert not report.problems
        assert len(report.imported) == len(version.chips)
        found = labels_by_title(project)
        entries = {entry.title: entry for entry in project.scenes()}
        for chip in version.chips:
            assert np.array_equal(found[chip.name], mask_of(version, chip)), chip.name
            place = Georeference(entries[chip.name].crs_wkt, entries[chip.name].affine)
            carries_place = form in {"hf", "stac"} or (form == "mmseg" and version.scheme.name == "grass")
            assert place.is_georeferenced == carries_place
            if carries_place:
                assert same_crs(place, chip_place(version, chip))
                assert place.affine == pytest.approx(chip_place(version, chip).affine)


@pytest.mark.parametrize("form", SCENE_LAYOUTS)
def test_layouts_of_scenes(form: str, version: Version, clips: Path, tmp_path: Path) -> None:
    export_version(version, form, tmp_path / "out")
    with Project.create(tmp_path / "p", name="p", scheme=version.scheme) as project:
        report = collect(project, clips / "images", tmp_path / "out" / SCENE_LAYOUTS[form])
        assert not report.problems
        found = labels_by_title(project)
        for mosaic in mosaics(version):
            whole = mosaic.labels(Window.of(mosaic.height, mosaic.width))
            assert np.array_equal(found[mosaic.source["title"]], whole)
        store = project.label_store(project.scenes()[0].id)
        said = store.read(Window.of(store.height, store.width))
        assert set(np.unique(said.provenance[said.labels != 255])) == {int(Provenance.IMPORTED)}


def test_images_of_chips_show_the_scene_through_its_radiometry(version: Version, tmp_path: Path) -> None:
    export_version(version, "mmseg", tmp_path / "out")
    chip = version.chips[0]
    path = next((tmp_path / "out" / "img_dir" / chip.split).glob(f"{chip.name}.*"))
    with Image.open(path) as picture:
        assert np.array_equal(np.asarray(picture), picture_of(version, chip))


def test_run_lengths_and_polygons_of_coco_say_the_same(version: Version, tmp_path: Path) -> None:
    export_version(version, "coco", tmp_path / "out")
    for split in ("train", "val", "test"):
        for kind in ("", "_rle"):
            with Project.create(tmp_path / f"{split}{kind}", name="p", scheme=version.scheme) as project:
                if not version.chips_of(split):
                    continue
                collect(
                    project, tmp_path / "out" / split,
                    tmp_path / "out" / "annotations" / f"instances_{split}{kind}.json",
                )  # fmt: skip
                found = labels_by_title(project)
                for chip in version.chips_of(split):
                    assert np.array_equal(found[chip.name], mask_of(version, chip))


def problems_of(work: Callable[[], ImportReport]) -> str:
    try:
        return " ".join(work().problems)
    except DatasetError as error:  # where no image could be taken
        return str(error)


def test_a_category_or_area_of_no_class_is_told_with_how_to_say_what_it_means(
    version: Version, clips: Path, tmp_path: Path
) -> None:
    export_version(version, "coco", tmp_path / "coco")
    path = next((tmp_path / "coco" / "annotations").glob("instances_train.json"))
    told = json.loads(path.read_text(encoding="utf-8"))
    for category in told["categories"]:
        category["name"] = f"type {category['id']}"
    path.write_text(json.dumps(told), encoding="utf-8")
    with Project.create(tmp_path / "p", name="p", scheme=version.scheme) as project:
        words = problems_of(lambda: collect(project, tmp_path / "coco" / "train", path))
        assert "which is none" in words
        assert "--map" in words
        names = version.scheme.names
        id_map = ",".join(f"{category['id']}={names[-1]}" for category in told["categories"])
        assert collect(project, tmp_path / "coco" / "train", path, id_map=id_map).imported
