"""Classes as polygons for GIS programs: GeoPackage and GeoJSON."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.datasets.exports.polygons import trace_polygons
from napari_rsseg.errors import OutputError
from napari_rsseg.scenes.georeferencing import metres_per_unit, parsed_crs
from napari_rsseg.scenes.masks import read_mask
from napari_rsseg.scenes.replacing import refuse_existing, replacing

if TYPE_CHECKING:
    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.scenes.scene import Georeference

__all__ = ["areas_m2", "on_map", "write_vectors"]

_DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON"}
_NO_ROOM = "Free space on that disk, or write elsewhere (command line: --out)."
_Geometries = npt.NDArray[np.object_]


def write_vectors(path: str | Path, *, mask: str | Path, scheme: Scheme, overwrite: bool = False) -> Path:
    """Write the areas of each class that is no background as polygons.

    Parameters
    ----------
    path : Path
        ``.gpkg`` keeps the CRS of the mask; ``.geojson`` is in longitude and latitude, as RFC 7946 asks.
    mask : Path
        Raster of label ids.
    scheme : Scheme
        Of the ids.
    overwrite : bool
        Whether an existing file may be replaced.

    Returns
    -------
    Path
        ``path``; each polygon has ``class_id``, ``class_name`` and ``area_m2`` (on the ellipsoid for
        geographic coordinates, on the plane for projected ones, empty without a CRS).

    Raises
    ------
    OutputError
        When the suffix is unknown, the file exists or cannot be written, or GeoJSON is asked for without a
        CRS.
    SceneError
        When the mask cannot be read.
    """
    path = Path(path)
    driver = _DRIVERS.get(path.suffix.lower())
    if driver is None:
        raise OutputError(f"{path} ends in {path.suffix!r}.", f"Use one of {', '.join(_DRIVERS)}.")
    refuse_existing(path, overwrite=overwrite)
    source = read_mask(mask)
    place = source.georeference
    if driver == "GeoJSON" and place.crs_wkt is None:
        raise OutputError(
            f"{source.path} has no place on the map, and GeoJSON is in longitude and latitude.",
            "Write a .gpkg.",
        )
    classes = set(range(len(scheme.classes))) - set(scheme.background_ids)
    traced = list(trace_polygons(source.read, (source.height, source.width), classes=classes))
    labels = np.asarray([label for label, _ in traced], dtype=np.int32)
    geometries = on_map(np.asarray([polygon for _, polygon in traced], dtype=object), place)
    fields = {
        "class_id": labels,
        "class_name": np.asarray([scheme.names[label] for label in labels], dtype=object),
        "area_m2": areas_m2(geometries, place),
    }
    with replacing(path, overwrite=overwrite) as temporary:
        _write(temporary, driver, geometries, fields, layer=path.stem, crs_wkt=place.crs_wkt)
    return path


def on_map(polygons: _Geometries, place: Georeference) -> _Geometries:
    """Return polygons in pixels, x = column and y = row, in map coordinates."""
    import shapely

    a, b, c, d, e, f = place.affine

    def transform(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        column, row = points[:, 0], points[:, 1]
        return np.stack([a * column + b * row + c, d * column + e * row + f], axis=1)

    return np.asarray(shapely.transform(polygons, transform), dtype=object)


def areas_m2(geometries: _Geometries, place: Georeference) -> npt.NDArray[np.float64]:
    """Return the square metres of polygons on the map, (n,); NaN without a CRS."""
    import shapely

    if place.crs_wkt is None:
        return np.full(geometries.shape, np.nan)
    crs = parsed_crs(place.crs_wkt)
    geod = crs.get_geod() if crs.is_geographic else None
    if geod is not None:
        return np.asarray(
            [abs(geod.geometry_area_perimeter(geometry)[0]) for geometry in geometries], dtype=np.float64
        )
    east, north = metres_per_unit(place, place.affine[2], place.affine[5]) or (1.0, 1.0)
    return np.asarray(shapely.area(geometries), dtype=np.float64) * (east * north)


def _write(
    path: Path,
    driver: str,
    geometries: _Geometries,
    fields: dict[str, npt.NDArray[np.generic]],
    *,
    layer: str,
    crs_wkt: str | None,
) -> None:
    import pyogrio
    import shapely
    from pyogrio.errors import DataLayerError, DataSourceError

    path.unlink()  # the drivers make their own file and take an empty one for a broken database
    options = {"RFC7946": "YES"} if driver == "GeoJSON" else {}
    try:
        with warnings.catch_warnings():
            if crs_wkt is None:  # masks of plain pictures are welcome
                warnings.filterwarnings("ignore", message="'crs' was not provided")
            pyogrio.raw.write(
                str(path),
                geometry=shapely.to_wkb(geometries),
                field_data=list(fields.values()),
                fields=list(fields),
                driver=driver,
                layer=layer,
                geometry_type="Polygon",
                crs=crs_wkt,
                layer_options=options,
            )
        written = pyogrio.read_info(path, force_feature_count=True)["features"]
    except (DataSourceError, DataLayerError) as error:
        raise OutputError(f"{path.parent} took no {driver} file ({error}).", _NO_ROOM) from error
    if written != len(geometries):  # the drivers do not tell of every disk that is full
        raise OutputError(
            f"{path.parent} took {written} of the {len(geometries)} polygons of a {driver} file.", _NO_ROOM
        )
