"""Exports open in the programs that they are for, with who said what where the layout can carry it."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pyogrio
import pystac
import pytest
import rasterio
from PIL import Image
from pyarrow import parquet
from pycocotools.coco import COCO
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from rasterio.io import MemoryFile

from napari_rsseg.datasets.exporting import FORMATS, export_version
from napari_rsseg.datasets.exports.mosaic import mosaics
from napari_rsseg.datasets.exports.pictures import mask_of
from napari_rsseg.datasets.exports.stac import LABEL_SCHEMA
from napari_rsseg.errors import DatasetError, OutputError, SettingsError
from napari_rsseg.scenes.georeferencing import parsed_crs
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.datasets.version import Version

SPLITS = ("train", "val", "test")


@pytest.fixture
def export(version: Version, tmp_path: Path) -> Any:
    def write(form: str) -> Path:
        assert export_version(version, form, tmp_path / form) == ()
        return tmp_path / form

    return write


def read_mmseg(
    root: Path, split: str, suffix: str
) -> list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Read a split as mmsegmentation's BaseSegDataset lists it: by suffix, sorted by path, mask by stem."""
    folder = root / "img_dir" / split
    found = []
    for image in sorted(path for path in folder.rglob("*") if path.name.endswith(suffix)):
        mask = root / "ann_dir" / split / (image.name.removesuffix(suffix) + ".png")
        found.append((np.asarray(Image.open(image)), np.asarray(Image.open(mask))))
    return found


def test_a_plain_reader_of_mmsegmentation_reads_images_and_ids(version: Version, export: Any) -> None:
    root = export("mmseg")
    suffix = ".tif" if version.scheme.name == "grass" else ".png"  # as KTDA's grass and l8_biome sets
    assert {path.name for path in (root / "img_dir").iterdir()} == set(SPLITS)
    for split in SPLITS:
        samples = read_mmseg(root, split, suffix)
        chips = version.chips_of(split)
        assert len(samples) == len(chips) == len(list((root / "ann_dir" / split).iterdir()))
        for (image, mask), chip in zip(samples, chips, strict=True):
            assert image.shape == (64, 64, 3)
            assert image.dtype == mask.dtype == np.uint8
            assert mask.shape == (64, 64)
            assert np.array_equal(mask, mask_of(version, chip))
            assert set(np.unique(mask)) <= {*range(len(version.scheme.classes)), 255}
    told = json.loads((root / "dataset.json").read_text(encoding="utf-8"))
    assert told["classes"] == list(version.scheme.names)
    assert (told["img_suffix"], told["seg_map_suffix"]) == (suffix, ".png")
    assert not told["reduce_zero_label"]


@pytest.mark.parametrize("ending", ["", "_rle"], ids=["polygons", "run lengths"])
def test_pycocotools_reads_every_annotation(
    version: Version, export: Any, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = export("coco")
    for split in SPLITS:
        coco = COCO(root / "annotations" / f"instances_{split}{ending}.json")
        capsys.readouterr()
        assert len(coco.getImgIds()) == len(version.chips_of(split))
        kinds = Counter(type(annotation["segmentation"]) for annotation in coco.anns.values())
        assert set(kinds) <= ({list, dict} if not ending else {dict})
        by_name = {coco.cats[number]["name"]: number for number in coco.cats}
        for chip in version.chips_of(split):
            (image,) = [entry for entry in coco.imgs.values() if entry["file_name"] == f"{chip.name}.png"]
            shown = np.asarray(Image.open(root / split / image["file_name"]))
            assert shown.shape == (image["height"], image["width"], 3)
            mask = mask_of(version, chip)
            for name, number in by_name.items():
                own = coco.loadAnns(coco.getAnnIds(imgIds=image["id"], catIds=number, iscrowd=False))
                joined = np.zeros(mask.shape, dtype=np.int64)
                for annotation in own:
                    area = coco.annToMask(annotation)
                    assert area.sum() == annotation["area"]
                    joined += area
                    assert annotation["attributes"]["provenance"] in {"imported", "corrected"}
                    assert annotation["attributes"]["since"]
                assert np.array_equal(joined, mask == version.scheme.id_of(name))


def test_masks_of_scenes_are_valid_cogs_with_provenance_beside_them(version: Version, export: Any) -> None:
    root = export("cog")
    for mosaic in mosaics(version):
        with rasterio.open(root / "masks" / f"{mosaic.source['title']}.tif") as mask:
            assert mask.crs.to_epsg() == parsed_crs(mosaic.source["crs_wkt"]).to_epsg()
            assert tuple(mask.transform)[:6] == pytest.approx(tuple(mosaic.source["affine"]))
            assert mask.nodata == 255
            assert mask.tags()["DATASET_VERSION"] == version.hash
            assert mask.tags(ns="IMAGE_STRUCTURE").get("COMPRESSION") == "DEFLATE"
            labels = mask.read(1)
        assert np.array_equal(labels, mosaic.labels(Window.of(mosaic.height, mosaic.width)))
        with rasterio.open(root / "provenance" / f"{mosaic.source['title']}.tif") as said:
            assert said.descriptions == ("provenance", "actor", "split")
            provenance, actor, split = said.read()
        assert ((labels == 255) == (split == 255)).all()
        assert set(np.unique(actor[labels != 255])) <= set(version.actors)
        assert set(np.unique(provenance[labels != 255])) <= {2, 4}


@pytest.mark.parametrize("form", ["gpkg", "geojson", "geoparquet"])
def test_areas_open_in_gis_with_square_metres_and_who_said_so(
    version: Version, export: Any, form: str
) -> None:
    root = export(form)
    if form == "geoparquet":
        tables = [geopandas.read_parquet(path) for path in sorted(root.glob("*.parquet"))]
    else:
        file = root / f"labels.{form}"
        tables = [geopandas.read_file(file, layer=layer) for layer in pyogrio.list_layers(file)[:, 0]]
    codes = {table.crs.to_epsg() for table in tables}
    assert codes == ({4326} if form == "geojson" else {32736, 32636} & codes)
    assert len(tables) == len(codes)
    areas: Counter[str] = Counter()
    for table in tables:
        assert set(table["split"]) <= set(SPLITS)
        assert set(table["provenance"]) <= {"imported", "corrected"}
        assert set(table.loc[table["provenance"] == "corrected", "actor"]) <= {"ada"}
        assert (table["since"].astype(str).str.len() > 9).all()
        assert set(table["version"]) == {version.hash}
        for name, area in zip(table["class_name"], table["area_m2"], strict=True):
            areas[name] += area
    for entry in version.card["classes"]:
        assert areas[entry["name"]] == pytest.approx(1e4 * entry["hectares"], rel=1e-3)


def test_huggingface_tables_have_the_image_feature(version: Version, export: Any) -> None:
    root = export("hf")
    files = {path.name.partition("-")[0]: path for path in (root / "data").iterdir()}
    assert set(files) == {"train", "validation", "test"}
    for name, split in (("train", "train"), ("validation", "val"), ("test", "test")):
        table = parquet.read_table(files[name])
        features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        assert features["image"] == features["annotation"] == {"_type": "Image"}
        for row, chip in zip(table.to_pylist(), version.chips_of(split), strict=True):
            assert set(row["image"]) == {"bytes", "path"}
            mask = np.asarray(Image.open(io.BytesIO(row["annotation"]["bytes"])))
            assert np.array_equal(mask, mask_of(version, chip))
            with (
                MemoryFile(row["image"]["bytes"]) as memory,
                pytest.warns(match="geotransform"),
                memory.open() as image,
            ):
                assert image.count == 3
            assert {entry["actor"] for entry in json.loads(row["said_by"])} - {""}


# what the label extension demands of an item, written down here because its schema is only on the net
LABEL_RULES = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "type": {"const": "Feature"},
        "properties": {
            "required": ["label:type", "label:properties", "label:description", "label:classes"],
            "properties": {
                "label:type": {"enum": ["vector", "raster"]},
                "label:properties": {"type": "null"},
                "label:description": {"type": "string", "minLength": 1},
                "label:classes": {"type": "array", "items": {"required": ["name", "classes"]}},
                "label:tasks": {"type": "array", "items": {"type": "string"}},
                "label:methods": {"type": "array", "items": {"type": "string"}},
                "label:overviews": {"type": "array", "items": {"required": ["property_key", "counts"]}},
            },
        },
        "links": {
            "contains": {"required": ["rel", "label:assets"], "properties": {"rel": {"const": "source"}}}
        },
    },
}


def test_pystac_validates_collection_and_items_without_the_net(version: Version, export: Any) -> None:
    root = export("stac")
    validator = JsonSchemaSTACValidator()
    validator.schema_cache[LABEL_SCHEMA] = LABEL_RULES
    collection = pystac.read_file(str(root / "collection.json"))
    assert isinstance(collection, pystac.Collection)
    collection.validate(validator=validator)
    items = list(collection.get_items(recursive=True))
    assert len(items) == 2 * len(version.chips)
    for item in items:
        assert item.validate(validator=validator)
        for asset in item.get_assets().values():
            with rasterio.open(asset.get_absolute_href()) as dataset:
                assert dataset.crs is not None
    labels = [item for item in items if LABEL_SCHEMA in item.stac_extensions]
    assert len(labels) == len(version.chips)
    for item in labels:
        chip = next(chip for chip in version.chips if f"{chip.name}-labels" == item.id)
        counts = {entry["name"]: entry["count"] for entry in item.properties["label:overviews"][0]["counts"]}
        assert tuple(counts.values()) == chip.class_pixels
        (source,) = item.get_links("source")
        source.resolve_stac_object()
        assert isinstance(source.target, pystac.Item)
        assert source.target.id == chip.name
        assert item.properties["rsseg:said_by"][0]["since"]


def test_every_format_brings_the_card_and_appears_whole_or_not_at_all(
    version: Version, tmp_path: Path
) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    for form in FORMATS:
        with pytest.raises(KeyboardInterrupt):
            export_version(version, form, tmp_path / form, on_progress=stop)
        assert list(tmp_path.iterdir()) == []
    (tmp_path / "cog").mkdir()  # an empty folder may be filled
    export_version(version, "cog", tmp_path / "cog")
    assert {"card.json", "README.md"} <= {path.name for path in (tmp_path / "cog").iterdir()}
    with pytest.raises(OutputError, match="holds something"):
        export_version(version, "cog", tmp_path / "cog")
    with pytest.raises(SettingsError, match="mmseg, coco"):
        export_version(version, "yolo", tmp_path / "yolo")
    assert [path.name for path in tmp_path.iterdir()] == ["cog"]


def test_geojson_needs_a_place_on_the_map(tmp_path: Path, shared_data: Path) -> None:
    from napari_rsseg.classes import LANDSLIDE
    from napari_rsseg.datasets.collecting import collect
    from napari_rsseg.datasets.making import make_version
    from napari_rsseg.datasets.plan import VersionOptions, plan_version
    from napari_rsseg.project import Project

    source = shared_data / "landslide" / "coseismic_256"
    with Project.create(tmp_path / "p", name="p", scheme=LANDSLIDE) as project:
        collect(project, source / "images" / "370.tif", source / "masks" / "370.png")
        plain = make_version(project, plan_version(project, VersionOptions(shares=(1.0, 0.0, 0.0))))
        with pytest.raises(DatasetError, match="has a place on the map"):
            export_version(plain, "geojson", tmp_path / "geojson")
        export_version(plain, "gpkg", tmp_path / "gpkg")
        table = geopandas.read_file(tmp_path / "gpkg" / "labels.gpkg")
        assert table.crs is None
        assert table["pixels"].sum() == 256 * 256
