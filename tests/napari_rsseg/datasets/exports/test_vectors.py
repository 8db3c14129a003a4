"""Polygons cover exactly the pixels of their classes, wherever blocks end, and lie on the map."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies
from pyproj import CRS
from rasterio.features import rasterize

from napari_rsseg.classes import CLOUD, GRASS, IGNORED, LANDSLIDE
from napari_rsseg.datasets.exports import write_vectors
from napari_rsseg.datasets.exports.polygons import trace_polygons
from napari_rsseg.errors import OutputError
from napari_rsseg.scenes.masks import write_mask
from napari_rsseg.scenes.scene import Georeference

if TYPE_CHECKING:
    from pathlib import Path

UTM = Georeference(CRS.from_epsg(32633).to_wkt(), (10.0, 0.0, 4e5, 0.0, -10.0, 5e6))
DEGREES = Georeference(CRS.from_epsg(4326).to_wkt(), (1e-4, 0.0, 15.0, 0.0, -1e-4, 45.0))
LABELS = np.array([[0, 1, 1, 255], [2, 2, 1, 3], [2, 0, 0, 3]], dtype=np.uint8)


@dataclass(frozen=True)
class Place:
    height: int
    width: int
    georeference: Georeference


def write(path: Path, labels: npt.NDArray[np.uint8], place: Georeference = UTM) -> Path:
    return write_mask(
        path,
        like=Place(labels.shape[0], labels.shape[1], place),
        read=lambda window: labels[window.slices],
        scheme=CLOUD,
        tags={},
    )


@settings(max_examples=40, deadline=None)
@given(
    labels=numpy_strategies.arrays(
        np.uint8, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.sampled_from([0, 1, 2, 255])
    ),
    block_px=st.integers(2, 9),
)
def test_polygons_do_not_depend_on_blocks_and_burn_back_to_the_mask(
    labels: npt.NDArray[np.uint8], block_px: int
) -> None:
    def trace(block: int) -> list[tuple[int, shapely.Polygon]]:
        return list(
            trace_polygons(lambda window: labels[window.slices], labels.shape, classes={1, 2}, block_px=block)
        )

    pieces = trace(block_px)
    assert all(polygon.is_valid for _, polygon in pieces)
    assert {(label, shapely.normalize(polygon).wkt) for label, polygon in pieces} == {
        (label, shapely.normalize(polygon).wkt) for label, polygon in trace(64)
    }
    burnt = np.zeros_like(labels)
    if pieces:
        burnt = rasterize(
            ((polygon, label) for label, polygon in pieces), out_shape=labels.shape, dtype="uint8"
        )
    assert np.array_equal(burnt, np.where(np.isin(labels, [1, 2]), labels, 0))


def test_a_geopackage_keeps_the_crs_and_leaves_background_out(tmp_path: Path) -> None:
    path = write_vectors(tmp_path / "v.gpkg", mask=write(tmp_path / "m.tif", LABELS), scheme=CLOUD)
    table = geopandas.read_file(path)
    assert table.crs.to_epsg() == 32633
    assert dict(zip(table.class_name, table.area_m2, strict=True)) == {
        "cloud shadow": 300.0, "thin cloud": 300.0, "cloud": 200.0,
    }  # fmt: skip
    assert set(table.class_id) == {1, 2, 3}
    assert table.total_bounds.tolist() == [4e5, 5e6 - 30, 4e5 + 40, 5e6]


def test_geojson_is_in_longitude_and_latitude(tmp_path: Path) -> None:
    path = write_vectors(tmp_path / "v.geojson", mask=write(tmp_path / "m.tif", LABELS), scheme=CLOUD)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert "crs" not in content
    for feature in content["features"]:
        ring = shapely.LinearRing(feature["geometry"]["coordinates"][0])
        assert ring.is_ccw  # as RFC 7946 asks
        assert 13.7 < ring.bounds[0] < ring.bounds[2] < 13.8
        assert 45.1 < ring.bounds[1] < ring.bounds[3] < 45.2


def test_areas_in_degrees_are_measured_on_the_ellipsoid(tmp_path: Path) -> None:
    mask = write(tmp_path / "m.tif", LABELS, DEGREES)
    table = geopandas.read_file(write_vectors(tmp_path / "v.gpkg", mask=mask, scheme=CLOUD))
    metric = table.to_crs(32633).area
    assert table.area_m2.to_numpy() == pytest.approx(metric.to_numpy(), rel=2e-3)


def test_a_mask_without_foreground_gives_an_empty_layer(tmp_path: Path) -> None:
    mask = write(tmp_path / "m.tif", np.full((4, 4), IGNORED, dtype=np.uint8))
    for name in ("v.gpkg", "v.geojson"):
        assert len(geopandas.read_file(write_vectors(tmp_path / name, mask=mask, scheme=LANDSLIDE))) == 0


def test_a_mask_without_a_place_keeps_pixels_and_has_no_geojson(tmp_path: Path) -> None:
    mask = write(tmp_path / "m.tif", LABELS, Georeference())
    table = geopandas.read_file(write_vectors(tmp_path / "v.gpkg", mask=mask, scheme=GRASS))
    assert table.crs is None
    assert table.area_m2.isna().all()
    assert table.total_bounds.tolist() == [0, 0, 4, 3]
    with pytest.raises(OutputError, match="no place on the map"):
        write_vectors(tmp_path / "v.geojson", mask=mask, scheme=GRASS)


def test_existing_files_and_unknown_formats_are_refused(tmp_path: Path) -> None:
    mask = write(tmp_path / "m.tif", LABELS)
    (tmp_path / "v.gpkg").write_bytes(b"mine")
    with pytest.raises(OutputError, match="--overwrite"):
        write_vectors(tmp_path / "v.gpkg", mask=mask, scheme=CLOUD)
    with pytest.raises(OutputError, match=r"\.gpkg, \.geojson"):
        write_vectors(tmp_path / "v.shp", mask=mask, scheme=CLOUD)
    assert (
        len(geopandas.read_file(write_vectors(tmp_path / "v.gpkg", mask=mask, scheme=CLOUD, overwrite=True)))
        == 3
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.qml", "m.tif", "m.tif.aux.xml", "v.gpkg"]
