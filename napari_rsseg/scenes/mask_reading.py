"""Label rasters read back: our own results, truth of other programs, with or without a place on the map."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from napari_rsseg.classes.scheme import IGNORED, Scheme
from napari_rsseg.errors import SceneError, SchemeError
from napari_rsseg.scenes.geotiff_tags import raw_geokeys
from napari_rsseg.scenes.scene import Georeference
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rasterio.io import DatasetReader

__all__ = ["SCHEME_TAG", "Mask", "read_mask"]

SCHEME_TAG = "RSSEG_SCHEME"
"""Metadata item that holds the scheme as JSON."""


@dataclass(frozen=True)
class Mask:
    """A raster of label ids; pixels are read when asked for.

    Attributes
    ----------
    path : Path
        The file.
    height, width : int
        Size in pixels.
    georeference : Georeference
        Place on the map.
    scheme : Scheme or None
        What the ids mean, where the file says so.
    tags : mapping
        Further metadata items of the file.
    nodata : float or None
        Number besides 255 that says nothing; never 0, which is an id.
    """

    path: Path
    height: int
    width: int
    georeference: Georeference
    scheme: Scheme | None
    tags: Mapping[str, str] = field(default_factory=dict)
    nodata: float | None = None

    @property
    def labels(self) -> npt.NDArray[np.uint8]:
        """All ids, (height, width)."""
        return self.read(Window.of(self.height, self.width))

    def read(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return the ids of a window, (rows, columns); 255 where nothing is said.

        Raises
        ------
        SceneError
            When the window leaves the raster, the file is damaged, or holds a number that is no id.
        """
        if not Window.of(self.height, self.width).contains(window):
            raise SceneError(
                f"Window {window} leaves {self.path} ({self.height} x {self.width} px).",
                "Ask for a window inside it.",
            )
        from rasterio.errors import RasterioIOError
        from rasterio.windows import Window as RasterioWindow

        place = RasterioWindow(window.column_start, window.row_start, window.width, window.height)
        with _opened(self.path) as dataset:
            try:
                values = dataset.read(1, window=place)
            except RasterioIOError as error:
                raise SceneError(
                    f"{self.path} is damaged at {window} ({error}).", "Get the file again."
                ) from error
        return self._as_labels(values)

    def _as_labels(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
        silent = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(values.shape, dtype=np.bool_)
        if self.nodata is not None:
            silent |= values == self.nodata
        numbers = np.where(silent, IGNORED, values)
        labels = numbers.astype(np.uint8) if values.dtype != np.uint8 else numbers
        if values.dtype != np.uint8 and (labels != numbers).any():
            raise SceneError(
                f"{self.path} holds {numbers[labels != numbers][0]}, which is no label id.",
                "Give a mask of whole numbers from 0 to 255.",
            )
        return np.asarray(labels, dtype=np.uint8)


def read_mask(path: str | Path) -> Mask:
    """Open a raster of label ids.

    Parameters
    ----------
    path : Path
        Any raster that GDAL opens, with one band.

    Raises
    ------
    SceneError
        When the file is missing, no raster, or has several bands.
    """
    path = Path(path)
    with _opened(path) as dataset:
        if dataset.count != 1:
            raise SceneError(
                f"{path} has {dataset.count} bands, a mask has one.", "Give a raster of label ids."
            )
        tags = {name: value for name, value in dataset.tags().items() if name != SCHEME_TAG}
        nodata = dataset.nodata
        return Mask(
            path=path,
            height=dataset.height,
            width=dataset.width,
            georeference=Georeference(
                crs_wkt=dataset.crs.to_wkt() if dataset.crs else None,
                affine=tuple(dataset.transform)[:6],
                geokeys=_geokeys(path),
            ),
            scheme=_scheme(path, dataset.tags().get(SCHEME_TAG)),
            tags=tags,
            nodata=None if nodata in (0, IGNORED) else nodata,
        )


@contextmanager
def _opened(path: Path) -> Iterator[DatasetReader]:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # masks of plain pictures are welcome
        try:
            dataset = rasterio.open(path)
        except RasterioIOError as error:
            raise SceneError(
                f"{path} cannot be read as a mask ({error}).", "Give a raster of label ids."
            ) from error
    with dataset:
        yield dataset


def _geokeys(path: Path) -> dict[int, tuple[float | int | str, ...]]:
    from tifffile import TiffFile, TiffFileError

    try:
        with TiffFile(path) as tiff:
            return raw_geokeys(tiff.pages.first)
    except TiffFileError:  # a PNG or another format: nothing to repeat
        return {}


def _scheme(path: Path, text: str | None) -> Scheme | None:
    if text is None:
        return None
    try:
        return Scheme.model_validate_json(text)
    except (ValidationError, SchemeError) as error:
        raise SceneError(f"The scheme in {path} is damaged ({error}).", "Write the mask again.") from error
