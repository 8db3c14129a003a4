"""Areas of GIS files as masks on the grid of their scenes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.datasets.importing import LabelledImage
from napari_rsseg.datasets.imports.arrays import ArrayLabels
from napari_rsseg.datasets.imports.layouts import FoundSet
from napari_rsseg.datasets.label_map import UNKNOWN
from napari_rsseg.datasets.pairing import files_of
from napari_rsseg.errors import DatasetError
from napari_rsseg.scenes.georeferencing import parsed_crs

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.datasets.label_map import LabelMap
    from napari_rsseg.scenes.scene import Georeference, Scene

__all__ = ["find_vectors"]

_NAMES = ("class_name", "class", "label", "name")
_NUMBERS = ("class_id", "class", "label", "value", "id")


def find_vectors(images: Path, files: list[Path], scheme: Scheme, meaning: LabelMap) -> FoundSet:
    """Take areas for every image that they name in a column ``scene``, or on which they lie.

    A column ``class_name`` (``class``, ``label``, ``name``) holds a class, or ``class_id`` (``value``,
    ``id``) a number that ``meaning`` knows. Pixels outside of all areas are what ``meaning`` names 0, else
    nothing is said of them.
    """
    tables = [table for file in files for table in _tables(file)]
    paths = files_of(images) if images.is_dir() else [images]
    source = ", ".join(str(file) for file in files)
    found = (
        LabelledImage(path.stem, path, partial(_drawn, tables, source, scheme, meaning)) for path in paths
    )
    return FoundSet(tuple(found))


def _tables(file: Path) -> list[GeoDataFrame]:
    import geopandas
    import pyogrio
    from pyogrio.errors import DataSourceError

    if file.suffix.lower() == ".parquet":
        return [geopandas.read_parquet(file)]
    try:
        return [geopandas.read_file(file, layer=layer) for layer in pyogrio.list_layers(file)[:, 0]]
    except DataSourceError as error:
        raise DatasetError(f"{file} cannot be read ({error}).", "Get the file again.") from error


def _drawn(
    tables: list[GeoDataFrame], source: str, scheme: Scheme, meaning: LabelMap, scene: Scene
) -> ArrayLabels:
    from rasterio.features import rasterize

    named = any("scene" in table.columns for table in tables)
    stem = Path(scene.uri).stem
    burnt: list[tuple[Any, int]] = []
    for table in tables:
        own = table[table["scene"] == stem] if "scene" in table.columns else table
        if len(own):
            burnt += zip(_in_pixels(own, scene.georeference), _ids(own, scheme, meaning), strict=True)
    if named and not burnt:
        raise DatasetError(f"{source} has no area of scene {stem}.", "Give the images of the set alone.")
    is_zero_named = any(first <= 0 <= last for first, last, _ in meaning.numbers)
    rest = int(meaning.translate(np.array([0]))[0]) if is_zero_named else IGNORED
    size = (scene.height, scene.width)
    ids = (
        rasterize(burnt, out_shape=size, fill=rest, dtype="uint8") if burnt else np.full(size, rest, np.uint8)
    )
    return ArrayLabels(np.asarray(ids, dtype=np.uint8), scene.georeference)


def _in_pixels(table: GeoDataFrame, place: Georeference) -> npt.NDArray[np.object_]:
    import shapely

    if table.crs is None or place.crs_wkt is None:
        if (table.crs is None) != (place.crs_wkt is None):
            raise DatasetError(
                "Areas and image do not both have a place on the map.", "Give areas of the image's own CRS."
            )
        shapes = table.geometry.to_numpy()
    else:
        shapes = table.to_crs(parsed_crs(place.crs_wkt)).geometry.to_numpy()
    a, b, c, d, e, f = place.affine
    inverse = np.linalg.inv(np.array([[a, b, c], [d, e, f], [0, 0, 1]]))

    def to_pixels(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        whole = np.column_stack([points, np.ones(len(points))]) @ inverse.T
        return np.asarray(whole[:, :2])

    return np.asarray(shapely.transform(shapes, to_pixels), dtype=object)


def _ids(table: GeoDataFrame, scheme: Scheme, meaning: LabelMap) -> list[int]:
    """Return the class of each area.

    Raises
    ------
    DatasetError
        When no column says it, or one says something that is no class.
    """
    known = {name: index for index, name in enumerate(scheme.names)}
    for column in (name for name in _NAMES if name in table.columns):
        if table[column].isin(list(known)).all():
            return [known[name] for name in table[column]]
    for column in (name for name in _NUMBERS if name in table.columns):
        numbers = np.asarray(table[column])
        if numbers.dtype.kind in "iuf":
            ids = meaning.translate(numbers.astype(np.float64))
            if (ids == UNKNOWN).any():
                value = numbers[ids == UNKNOWN][0]
                raise DatasetError(
                    f"An area has {column} {value}, which is no class.",
                    f'Say what it means: --map "{value}=CLASS".',
                )
            return [int(label) for label in ids]
    raise DatasetError(
        f"No column of the areas says their class (columns: {', '.join(table.columns)}).",
        f"Name it class_name, with {', '.join(scheme.names)}.",
    )
