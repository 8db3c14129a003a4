"""Labelled areas of a version as tables for GIS: GeoPackage, GeoJSON and GeoParquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.datasets.exports.mosaic import SceneMosaic, Statement, mosaics
from napari_rsseg.datasets.exports.polygons import trace_polygons
from napari_rsseg.datasets.exports.vectors import areas_m2, on_map
from napari_rsseg.errors import DatasetError
from napari_rsseg.project import Provenance
from napari_rsseg.scenes.georeferencing import crs_label, same_crs
from napari_rsseg.scenes.replacing import output_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geopandas import GeoDataFrame

    from napari_rsseg.datasets.version import Version

__all__ = ["write_geojson", "write_geopackage", "write_geoparquet"]

_STRAIGHT_PX = 32  # edges of another CRS stay within a thousandth of a pixel of the straight line
_Progress = Any


def write_geopackage(
    version: Version, folder: Path, on_progress: Callable[[int, int], None]
) -> tuple[str, ...]:
    """Write ``labels.gpkg``: a layer per reference system, each in its own coordinates."""
    tables = _tables(version, on_progress)
    for index, table in enumerate(tables):
        layer = "labels" if len(tables) == 1 else f"labels_{_suffix(table, index)}"
        _written(table, folder / "labels.gpkg", driver="GPKG", layer=layer)
    return ()


def write_geojson(version: Version, folder: Path, on_progress: Callable[[int, int], None]) -> tuple[str, ...]:
    """Write ``labels.geojson`` in longitude and latitude, as RFC 7946 asks, of scenes that have a place.

    Raises
    ------
    DatasetError
        When no scene has a place on the map.
    """
    import pandas

    tables = _tables(version, on_progress)
    placed = [table for table in tables if table.crs is not None]
    if not placed:
        raise DatasetError(
            f"No scene of {version.name} has a place on the map, and GeoJSON is in longitude and latitude.",
            "Export gpkg, which also takes pixel coordinates.",
        )
    degrees = []
    for table in placed:
        lengths = np.sqrt(table["pixel_area"].to_numpy()) * _STRAIGHT_PX
        dense = table.set_geometry(table.geometry.segmentize(lengths))
        degrees.append(dense.to_crs(4326))
    joined = pandas.concat(degrees, ignore_index=True)
    # 9 decimals are a tenth of a millimetre, well below any pixel
    _written(joined, folder / "labels.geojson", driver="GeoJSON", RFC7946="YES", COORDINATE_PRECISION=9)
    lost = sum(len(table) for table in tables if table.crs is None)
    return (f"{lost} areas of scenes without a place on the map are left out.",) if lost else ()


def write_geoparquet(
    version: Version, folder: Path, on_progress: Callable[[int, int], None]
) -> tuple[str, ...]:
    """Write ``labels.parquet``, or one such file per reference system."""
    tables = _tables(version, on_progress)
    for index, table in enumerate(tables):
        name = "labels" if len(tables) == 1 else f"labels_{_suffix(table, index)}"
        path = folder / f"{name}.parquet"
        with output_errors(path):
            table.drop(columns="pixel_area").to_parquet(path, index=False)
    return ()


def _tables(version: Version, on_progress: Callable[[int, int], None]) -> list[GeoDataFrame]:
    """Return the areas, a table per reference system."""
    import geopandas
    import pandas

    found = mosaics(version)
    groups: list[list[GeoDataFrame]] = []
    places: list[SceneMosaic] = []
    for number, mosaic in enumerate(found, start=1):
        table = geopandas.GeoDataFrame(_records(version, mosaic), crs=mosaic.georeference.crs_wkt)
        at = next(
            (
                index
                for index, other in enumerate(places)
                if same_crs(other.georeference, mosaic.georeference)
            ),
            None,
        )
        if at is None:
            places.append(mosaic)
            groups.append([table])
        else:
            groups[at].append(table)
        on_progress(number, len(found))
    joined = [pandas.concat(tables, ignore_index=True) for tables in groups]
    return [
        table.set_crs(mosaic.georeference.crs_wkt, allow_override=True)
        if mosaic.georeference.crs_wkt
        else table
        for table, mosaic in zip(joined, places, strict=True)
    ]


def _records(version: Version, mosaic: SceneMosaic) -> dict[str, Any]:
    """Return the columns of one scene's areas: each of one class, said by one actor, in one split."""
    traced = list(trace_polygons(mosaic.statements, (mosaic.height, mosaic.width), classes=mosaic.codes()))
    statements = [Statement.of_code(code) for code, _ in traced]
    pixels = np.array([polygon.area for _, polygon in traced])
    shapes = on_map(np.asarray([polygon for _, polygon in traced], dtype=object), mosaic.georeference)
    actors = [version.actors.get(entry.actor, {}) for entry in statements]
    a, b, _, d, e, _ = mosaic.georeference.affine
    return {
        "class_id": [entry.class_id for entry in statements],
        "class_name": [version.scheme.names[entry.class_id] for entry in statements],
        "area_m2": areas_m2(shapes, mosaic.georeference),
        "pixels": pixels.astype(np.int64),
        "scene": [mosaic.source["title"]] * len(traced),
        "scene_id": [mosaic.scene] * len(traced),
        "split": [entry.split for entry in statements],
        "provenance": [Provenance(entry.provenance).name.lower() for entry in statements],
        "actor": [actor.get("name", "") for actor in actors],
        "actor_kind": [actor.get("kind", "") for actor in actors],
        "since": [actor.get("since") or "" for actor in actors],
        "version": [version.hash] * len(traced),
        "pixel_area": np.full(len(traced), abs(a * e - b * d)),
        "geometry": shapes,
    }


def _written(table: GeoDataFrame, path: Path, **options: Any) -> None:
    import warnings

    with output_errors(path), warnings.catch_warnings():
        if table.crs is None:  # masks of plain pictures are welcome
            warnings.filterwarnings("ignore", message="'crs' was not provided")
        table.drop(columns="pixel_area").to_file(path, **options)


def _suffix(table: GeoDataFrame, index: int) -> str:
    if table.crs is None:
        return "pixels"
    from napari_rsseg.scenes.scene import Georeference

    label = crs_label(Georeference(table.crs.to_wkt()))
    return label.lower().replace(":", "_") if ":" in label else f"crs{index}"
