"""Written masks lie where the scene lies, say what their ids mean, and are whole or absent."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from tifffile import TiffFile, TiffPage

from napari_rsseg.classes import CLOUD, IGNORED, LANDSLIDE, ClassDefinition, Scheme
from napari_rsseg.errors import OutputError, SceneError
from napari_rsseg.scenes import open_scene
from napari_rsseg.scenes.geotiff_tags import GEO_TAGS, raw_geokeys
from napari_rsseg.scenes.masks import Placed, read_mask, write_confidence, write_mask, write_probabilities
from napari_rsseg.scenes.scene import Georeference
from napari_rsseg.scenes.windows import Window
from napari_rsseg.settings import data_folder

UTM = CRS.from_epsg(32633).to_wkt()
TAGS = {
    "MODEL": "landslide-starter",
    "MODEL_SHA256": "0" * 64,
    "RADIOMETRY": '{"kind": "scale"}',
    "DEVICE": "a < b & c",
}
REAL = (
    "scenes/s2b_20181013_north_carolina_b02_b03_b04_b08.tif",
    "scenes/landsat8_lc80130312015295_120m_10band_u16.tif",
    "scenes/naip_m_4709963_se_20180716_5m_rgbn.tif",
    "scenes/landsat7_le70220491999322_30m_8band_i16.tif",
    "scenes/uav_road_landslide_2048.tif",
    "landslide/hokkaido_s2_weak/s2_iburi_post_event.tif",
)


@dataclass(frozen=True)
class Place:
    """Size and place of a scene, all that the writers ask of one."""

    height: int
    width: int
    georeference: Georeference = field(
        default_factory=lambda: Georeference(UTM, (10.0, 0.0, 4e5, 0.0, -10.0, 5e6))
    )


def ids(height: int, width: int, *, classes: int = 4) -> npt.NDArray[np.uint8]:
    blobs = np.random.default_rng(0).integers(0, classes, (height // 16 + 1, width // 16 + 1), dtype=np.uint8)
    labels = np.kron(blobs, np.ones((16, 16), dtype=np.uint8))[:height, :width].copy()
    labels[: height // 10] = IGNORED
    return labels


def cog_problems(path: Path) -> list[str]:
    """Check what GDAL's validate_cloud_optimized_geotiff.py checks."""
    problems = []
    with TiffFile(path) as tiff:
        pages = [page for page in tiff.pages if isinstance(page, TiffPage)]
        sizes = [page.shape[:2] for page in pages]
        starts = [page.dataoffsets[0] for page in pages]
        if pages[0].offset != (16 if tiff.is_bigtiff else 8):
            problems.append("the first directory is not at the start")
        if [page.offset for page in pages] != sorted(page.offset for page in pages):
            problems.append("directories are out of order")
        if max(page.offset for page in pages) > min(starts):
            problems.append("data before directories")
        if starts != sorted(starts, reverse=True):
            problems.append("overviews are not before full size, smallest first")
        if not all(page.is_tiled and page.tilelength == page.tilewidth == 512 for page in pages):
            problems.append("not tiled")
        if max(sizes[-1]) > 512:
            problems.append("too few overviews")
        if not all(page.is_reduced for page in pages[1:]):
            problems.append("overviews are not marked")
    return problems


def write_ids(
    path: Path, labels: npt.NDArray[np.uint8], place: Placed | None = None, *, overwrite: bool = False
) -> Path:
    like = place or Place(*labels.shape)
    return write_mask(
        path,
        like=like,
        read=lambda window: labels[window.slices],
        scheme=CLOUD,
        tags=TAGS,
        overwrite=overwrite,
    )


@settings(max_examples=12, deadline=None)
@given(height=st.integers(1, 1400), width=st.integers(1, 1400))
def test_ids_survive_in_any_size_and_the_file_is_cloud_optimised(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int
) -> None:
    labels = ids(height, width)
    path = write_ids(tmp_path_factory.mktemp("any") / "mask.tif", labels)
    assert np.array_equal(read_mask(path).labels, labels)
    assert cog_problems(path) == []


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("name", REAL, ids=lambda name: Path(name).stem[:20])
def test_a_mask_lies_exactly_where_its_real_scene_lies(name: str, tmp_path: Path) -> None:
    source = data_folder() / name
    if not source.is_file():
        pytest.skip("RSSEG_DATA holds no real scenes")
    scene = open_scene(source)
    labels = ids(scene.height, scene.width)
    path = write_ids(tmp_path / "mask.tif", labels, scene)
    scene.close()
    assert cog_problems(path) == []
    with TiffFile(source) as first, TiffFile(path) as second:
        assert raw_geokeys(second.pages.first) == raw_geokeys(first.pages.first)
    with rasterio.open(path) as mask, rasterio.open(source) as original:
        assert mask.crs == original.crs
        assert mask.transform == original.transform
        assert np.array_equal(mask.read(1), labels)


def test_geokeys_that_no_library_understands_are_copied_bit_by_bit(tmp_path: Path) -> None:
    keys = (1, 1, 0, 4, 1024, 0, 1, 1, 1025, 0, 1, 1, 1026, 34737, 15, 0, 3072, 0, 1, 32767)
    geokeys: dict[int, tuple[float | int | str, ...]] = {
        33550: (2.5, 2.5, 0.0),
        33922: (0.0, 0.0, 0.0, 0.1 + 0.2, 1 / 3, 0.0),
        34735: keys,
        34736: (6378137.0, 298.257223563),
        34737: ("Local grid 1907|",),
    }
    place = Place(30, 40, Georeference(None, (2.5, 0.0, 0.3, 0.0, -2.5, 0.3), geokeys))
    path = write_ids(tmp_path / "mask.tif", ids(30, 40), place)
    with TiffFile(path) as tiff:
        assert raw_geokeys(tiff.pages.first) == geokeys
    assert set(geokeys) <= set(GEO_TAGS)


@pytest.mark.parametrize(
    "affine",
    [(10.0, 0.0, 4e5, 0.0, -10.0, 5e6), (7.0, 3.0, 4e5, 2.0, -9.0, 5e6)],
    ids=["north up", "rotated"],
)
@pytest.mark.parametrize("epsg", [32633, 4326, 3035, 2056], ids=str)
def test_a_scene_without_geokeys_gets_some(
    epsg: int, affine: tuple[float, float, float, float, float, float], tmp_path: Path
) -> None:
    place = Place(20, 30, Georeference(CRS.from_epsg(epsg).to_wkt(), affine))
    with rasterio.open(write_ids(tmp_path / "mask.tif", ids(20, 30), place)) as mask:
        assert mask.crs.to_epsg() == epsg
        assert tuple(mask.transform)[:6] == pytest.approx(affine, abs=1e-9)


def test_a_picture_without_a_place_gets_none(tmp_path: Path) -> None:
    mask = read_mask(write_ids(tmp_path / "mask.tif", ids(20, 30), Place(20, 30, Georeference())))
    assert mask.georeference == Georeference()


def test_colours_names_nodata_and_tags_are_what_gdal_shows(tmp_path: Path) -> None:
    path = write_ids(tmp_path / "mask.tif", ids(600, 40))
    with rasterio.open(path) as mask:
        assert mask.nodata == IGNORED
        assert mask.colormap(1)[3] == (0xF0, 0xE4, 0x42, 255)
        assert mask.colorinterp[0].name == "palette"
        assert mask.compression.name == "deflate"
        assert mask.overviews(1) == [2]
        assert {name: mask.tags()[name] for name in TAGS} == TAGS
        assert [
            definition["name"] for definition in json.loads(mask.tags()["RSSEG_SCHEME"])["classes"]
        ] == list(CLOUD.names)
    text = path.with_name("mask.tif.aux.xml").read_text(encoding="utf-8")
    assert "<Category>thin cloud</Category>" in text
    mask = read_mask(path)
    assert mask.scheme == CLOUD
    assert TAGS.items() <= mask.tags.items()


def test_gdal_and_qgis_find_a_legend_of_the_classes_alone(tmp_path: Path) -> None:
    path = write_ids(tmp_path / "mask.tif", ids(40, 40))
    table = ElementTree.parse(path.with_name("mask.tif.aux.xml")).getroot()
    assert [name.text for name in table.iter("Category")] == list(CLOUD.names)
    assert [[cell.text for cell in row.iter("F")][:2] for row in table.iter("Row")] == [
        [str(label), name] for label, name in enumerate(CLOUD.names)
    ]
    entries = list(ElementTree.parse(path.with_suffix(".qml")).getroot().iter("paletteEntry"))
    assert [(entry.get("value"), entry.get("label"), entry.get("color")) for entry in entries] == [
        (str(label), definition.name, definition.colour) for label, definition in enumerate(CLOUD.classes)
    ]
    assert [entry.get("label") for entry in entries if entry.get("alpha") == "0"] == ["clear"]


def test_names_of_any_characters_reach_both_legends(tmp_path: Path) -> None:
    name = 'Gras & "Kraut" <40 %'
    scheme = Scheme(name="own", classes=(ClassDefinition(name=name, colour="#00ff00"),))
    path = tmp_path / "mask.tif"
    zeros = np.zeros((9, 9), dtype=np.uint8)
    write_mask(path, like=Place(9, 9), read=lambda window: zeros[window.slices], scheme=scheme, tags={})
    table, style = (ElementTree.parse(tmp_path / file) for file in ("mask.tif.aux.xml", "mask.qml"))
    assert [category.text for category in table.iter("Category")] == [name]
    assert [entry.get("label") for entry in style.iter("paletteEntry")] == [name]


def test_overviews_hold_the_ids_that_are_frequent(tmp_path: Path) -> None:
    labels = np.zeros((1024, 1024), dtype=np.uint8)
    labels[::2] = 3
    labels[1::4, ::2] = 3
    with rasterio.open(write_ids(tmp_path / "mask.tif", labels), overview_level=0) as overview:
        values = overview.read(1)
    assert (values[::2] == 3).all()
    assert set(np.unique(values)) <= {0, 3}


def test_confidence_and_probabilities_keep_what_is_not_said(tmp_path: Path) -> None:
    place = Place(700, 600)
    confidence = np.full((700, 600), 200, dtype=np.uint8)
    confidence[:, 301:] = IGNORED
    path = write_confidence(
        tmp_path / "c.tif", like=place, read=lambda window: confidence[window.slices], tags=TAGS
    )
    with rasterio.open(path) as written:
        assert np.array_equal(written.read(1), confidence)
        assert set(np.unique(written.read(1, out_shape=(350, 300)))) == {200, IGNORED}
    probabilities = np.random.default_rng(0).random((2, 700, 600)).astype(np.float16)
    probabilities[:, :100] = np.nan

    path = write_probabilities(
        tmp_path / "p.tif",
        like=place,
        read=lambda window: probabilities[(slice(None), *window.slices)],
        scheme=LANDSLIDE,
        tags=TAGS,
    )
    assert cog_problems(path) == []
    with rasterio.open(path) as written:
        assert written.descriptions == LANDSLIDE.names
        assert np.isnan(written.nodata)
        assert np.array_equal(written.read(), probabilities, equal_nan=True)
    with TiffFile(path) as tiff:
        assert tiff.pages.first.dtype == np.float16


def test_an_existing_file_stays_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "mask.tif"
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="--overwrite"):
        write_ids(path, ids(20, 20))
    assert path.read_bytes() == b"mine"
    assert read_mask(write_ids(path, ids(20, 20), overwrite=True)).height == 20


def test_statistics_of_an_older_file_do_not_stay_beside_the_new_one(tmp_path: Path) -> None:
    old = tmp_path / "c.tif.aux.xml"
    old.write_text("<PAMDataset/>")
    write_confidence(
        tmp_path / "c.tif", like=Place(9, 9), read=lambda window: np.zeros(window.shape, np.uint8), tags={}
    )
    assert not old.exists()


class Stopped(Exception):
    """What a cancelled run raises inside the reader."""


@pytest.mark.parametrize(
    "error", [Stopped(), OSError(errno.ENOSPC, "No space left on device")], ids=["stop", "full"]
)
def test_a_run_that_fails_half_way_leaves_the_old_files_and_nothing_else(
    error: Exception, tmp_path: Path
) -> None:
    path = write_ids(tmp_path / "mask.tif", ids(20, 20))
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def read(window: Window) -> npt.NDArray[np.uint8]:
        if window.row_start:
            raise error
        return np.zeros(window.shape, dtype=np.uint8)

    with pytest.raises((Stopped, OutputError)):
        write_mask(path, like=Place(900, 900), read=read, scheme=CLOUD, tags={}, overwrite=True)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_full_disk_is_said_with_its_remedy(tmp_path: Path) -> None:
    def read(window: Window) -> npt.NDArray[np.uint8]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OutputError, match="Free space"):
        write_mask(tmp_path / "mask.tif", like=Place(9, 9), read=read, scheme=CLOUD, tags={})


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="--out"):
        write_ids(tmp_path / "out" / "mask.tif", ids(20, 20))


def test_long_names_in_any_script_work(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["Erdrutsche süd 山体滑坡 🏔"] * 20)
    path = folder / f"{'山' * 60}_landslide.tif"
    assert np.array_equal(read_mask(write_ids(path, ids(20, 30))).labels, ids(20, 30))


def test_a_name_that_no_disk_takes_is_said_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="shorter"):
        write_ids(tmp_path / f"{'x' * 300}.tif", ids(20, 20))


def test_a_mask_of_another_program_reads_as_ids(tmp_path: Path) -> None:
    path = tmp_path / "truth.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=2,
        width=3,
        count=1,
        dtype="int16",
        nodata=-1,
        crs="EPSG:32633",
        transform=rasterio.Affine(1, 0, 2, 0, -1, 3),
    ) as dataset:
        dataset.write(np.array([[0, 1, -1], [4, 255, 0]], dtype=np.int16), 1)
    mask = read_mask(path)
    assert mask.labels.tolist() == [[0, 1, 255], [4, 255, 0]]
    assert mask.scheme is None


def test_numbers_that_are_no_ids_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "heights.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=1,
        width=2,
        count=1,
        dtype="float32",
        crs="EPSG:32633",
        transform=rasterio.Affine(1, 0, 2, 0, -1, 3),
    ) as dataset:
        dataset.write(np.array([[0.5, 1.0]], dtype=np.float32), 1)
    with pytest.raises(SceneError, match=r"0\.5"):
        read_mask(path).read(Window(0, 1, 0, 2))


@pytest.mark.parametrize("content", [b"", b"II*\0no raster"], ids=["empty", "broken"])
def test_what_is_no_raster_is_no_mask(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mask.tif"
    path.write_bytes(content)
    with pytest.raises(SceneError, match="cannot be read as a mask"):
        read_mask(path)
