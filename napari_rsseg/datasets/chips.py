"""Squares of scenes as GeoTIFF: image, mask, and who said each label."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.palette import colour_table
from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.project import REVIEWED, LabelBlock
from napari_rsseg.scenes.georeferencing import pixel_to_map
from napari_rsseg.scenes.mask_reading import SCHEME_TAG
from napari_rsseg.scenes.replacing import output_errors
from napari_rsseg.scenes.scene import Georeference
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.scenes.scene import Scene

__all__ = ["Chip", "ChipPixels", "chip_windows", "georeference_of", "read_chip", "write_chip"]


@dataclass(frozen=True)
class Chip:
    """A square of a scene.

    Attributes
    ----------
    name : str
        Names its files.
    scene : str
        Id of its scene in the project.
    window : Window
        In pixels of the scene; may reach beyond its right and lower edge.
    split : str
        ``train``, ``val`` or ``test``.
    class_pixels : tuple of int
        Reviewed pixels of each class.
    """

    name: str
    scene: str
    window: Window
    split: str
    class_pixels: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ChipPixels:
    """What a chip holds; beyond the scene nothing is measured and nothing is said.

    Attributes
    ----------
    image : ndarray, (bands, rows, columns)
        Numbers as in the scene.
    valid : ndarray, (rows, columns), bool
        Where something was measured.
    block : LabelBlock
        Reviewed labels alone: elsewhere 255, unlabelled, by nobody.
    """

    image: npt.NDArray[np.generic]
    valid: npt.NDArray[np.bool_]
    block: LabelBlock


def chip_windows(height: int, width: int, chip_px: int, overlap_px: int) -> Iterator[Window]:
    """Yield the squares that cover a scene, row by row; the last ones reach beyond its edge."""
    step = chip_px - overlap_px
    for row in range(0, max(height - overlap_px, 1), step):
        for column in range(0, max(width - overlap_px, 1), step):
            yield Window(row, row + chip_px, column, column + chip_px)


def read_chip(scene: Scene, labels: Callable[[Window], LabelBlock], window: Window) -> ChipPixels | None:
    """Read a chip; None where no pixel of it is reviewed and measured.

    Parameters
    ----------
    scene : Scene
        The scene.
    labels : callable
        Gives what is said about a window inside the scene.
    window : Window
        Starts inside the scene.

    Raises
    ------
    SceneError, ProjectError
        When the scene, or its labels, cannot be read there.
    """
    inside = window.intersection(Window.of(scene.height, scene.width))
    said = labels(inside)
    counts = np.isin(said.provenance, REVIEWED) & (said.labels != IGNORED)
    if not counts.any():
        return None
    valid = scene.valid(inside)
    counts &= valid
    if not counts.any():
        return None
    image = scene.read(inside)
    block = LabelBlock.empty(*window.shape)
    place = inside.within(window).slices
    for name in ("labels", "provenance", "actor"):
        getattr(block, name)[place][counts] = getattr(said, name)[counts]
    fill = np.array([_fill(band.nodata) for band in scene.bands]).astype(image.dtype)
    padded = np.empty((len(image), *window.shape), dtype=image.dtype)
    padded[...] = fill[:, None, None]
    padded[(slice(None), *place)] = image
    measured = np.zeros(window.shape, dtype=np.bool_)
    measured[place] = valid
    return ChipPixels(padded, measured, block)


def georeference_of(place: Georeference, window: Window) -> Georeference:
    """Return the place on the map of a window."""
    a, b, _, d, e, _ = place.affine
    x, y = pixel_to_map(place, window.row_start, window.column_start)
    return Georeference(place.crs_wkt, (a, b, x, d, e, y))


def write_chip(folder: Path, chip: Chip, pixels: ChipPixels, scene: Scene, scheme: Scheme) -> None:
    """Write ``images/``, ``masks/`` and ``provenance/`` of a chip.

    ``provenance/`` holds two bands: where each label comes from, and who said so.

    Raises
    ------
    OutputError
        When the disk is full or cannot be written.
    """
    place = georeference_of(scene.georeference, chip.window)
    nodata = {band.nodata for band in scene.bands}
    image = {"nodata": nodata.pop() if len(nodata) == 1 else None}
    names = [band.name for band in scene.bands]
    file = f"{chip.name}.tif"
    _write(folder / "images" / file, pixels.image, place, image, descriptions=names)
    colours = {index: tuple(map(int, colour)) for index, colour in enumerate(colour_table(scheme))}
    tags = {SCHEME_TAG: scheme.model_dump_json()}
    _write(
        folder / "masks" / file, pixels.block.labels[None], place, {"nodata": IGNORED},
        descriptions=["class"], colours=colours, tags=tags,
    )  # fmt: skip
    sources = np.stack([pixels.block.provenance.astype(np.uint16), pixels.block.actor])
    _write(folder / "provenance" / file, sources, place, {}, descriptions=["provenance", "actor"])


def _fill(nodata: float | None) -> float:
    return 0.0 if nodata is None else nodata


def _write(  # noqa: PLR0913 - what a file holds
    path: Path,
    bands: npt.NDArray[np.generic],
    place: Georeference,
    profile: dict[str, Any],
    *,
    descriptions: list[str],
    colours: dict[int, tuple[int, ...]] | None = None,
    tags: dict[str, str] | None = None,
) -> None:
    import rasterio
    from rasterio.crs import CRS
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    if place.crs_wkt is not None or place.affine[:2] != (1.0, 0.0):
        profile |= {"crs": place.crs_wkt and CRS.from_wkt(place.crs_wkt), "transform": _affine(place)}
    count, height, width = bands.shape
    with output_errors(path), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with rasterio.open(
                path, "w", driver="GTiff", height=height, width=width, count=count, dtype=bands.dtype,
                compress="deflate", predictor=3 if bands.dtype.kind == "f" else 2, **profile,
            ) as file:  # fmt: skip
                file.write(bands)
                for number, description in enumerate(descriptions, start=1):
                    file.set_band_description(number, description)
                if colours:
                    file.write_colormap(1, colours)
                file.update_tags(**(tags or {}))
        except RasterioError as error:
            raise OSError(str(error)) from error


def _affine(place: Georeference) -> Any:
    from rasterio.transform import Affine

    return Affine(*place.affine)
