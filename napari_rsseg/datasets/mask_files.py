"""Masks of other programs: raw numbers or colours in strips of rows, translated to class ids."""

from __future__ import annotations

import warnings
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.datasets.label_map import UNKNOWN, LabelMap
from napari_rsseg.errors import DatasetError
from napari_rsseg.scenes.scene import Georeference
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rasterio.io import DatasetReader

__all__ = ["MaskFile", "open_mask"]

_STRIP_PX = 1 << 23
_SHOWN = 5


@dataclass(frozen=True)
class MaskFile:
    """A raster of numbers or colours whose meaning a `LabelMap` says.

    Attributes
    ----------
    path : Path
        The file.
    height, width : int
        Size in pixels.
    georeference : Georeference
        Place on the map.
    meaning : LabelMap
        What its numbers or colours mean.
    """

    path: Path
    height: int
    width: int
    georeference: Georeference
    meaning: LabelMap

    def read(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return class ids of a window, (rows, columns); 255 where nothing is said.

        Raises
        ------
        DatasetError
            When the file is damaged there, or holds a value that means nothing.
        """
        ids, values = self._translated(window)
        if (ids == UNKNOWN).any():
            raise self._unknown(Counter(map(tuple, values[ids == UNKNOWN].reshape(-1, values.shape[-1]))))
        return ids.astype(np.uint8)

    def check(self) -> None:
        """Look at every pixel once.

        Raises
        ------
        DatasetError
            With the values that mean nothing and how often they occur.
        """
        unknown: Counter[tuple[float, ...]] = Counter()
        rows = max(1, _STRIP_PX // max(1, self.width))
        for start in range(0, self.height, rows):
            window = Window(start, min(start + rows, self.height), 0, self.width)
            ids, values = self._translated(window)
            strange = values[ids == UNKNOWN]
            found, counts = np.unique(strange.reshape(-1, values.shape[-1]), axis=0, return_counts=True)
            unknown.update(dict(zip(map(tuple, found.tolist()), counts.tolist(), strict=True)))
        if unknown:
            raise self._unknown(unknown)

    def _unknown(self, unknown: Counter[tuple[float, ...]]) -> DatasetError:
        shown = ", ".join(f"{_words(value)} ({count:,} px)" for value, count in unknown.most_common(_SHOWN))
        more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
        remedy = f'Say what each means: --map "{_words(unknown.most_common(1)[0][0])}=CLASS"'
        remedy += "; blurred edges need --tolerance." if more else "."
        return DatasetError(f"{self.path} holds unknown values: {shown}{more}.", remedy)

    def _translated(self, window: Window) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.generic]]:
        """Return ids, (rows, columns), and what they were made from, (rows, columns, 1 or 3)."""
        values, is_clear = self._values(window)
        flat = values.reshape(-1, values.shape[-1])
        if flat.shape[1] == 3:
            packed = flat.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
            _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
            ids = self.meaning.translate(flat[first])[inverse]
        elif flat.dtype == np.uint8:
            ids = self.meaning.translate(np.arange(256))[flat[:, 0]]
        else:
            unique, inverse = np.unique(flat[:, 0], return_inverse=True)
            ids = self.meaning.translate(unique)[inverse]
        ids = ids.reshape(window.shape)
        ids[is_clear] = IGNORED
        return ids, values

    def _values(self, window: Window) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.bool_]]:
        """Return numbers or colours, (rows, columns, 1 or 3), and where the file says there is nothing."""
        from rasterio.errors import RasterioError
        from rasterio.windows import Window as RasterioWindow

        place = RasterioWindow(window.column_start, window.row_start, window.width, window.height)
        with _opened(self.path) as dataset:
            try:
                bands = dataset.read(window=place)
            except (RasterioError, OSError) as error:
                raise DatasetError(
                    f"{self.path} is damaged at {window} ({error}).", "Get the file again."
                ) from error
            is_clear = bands[-1] == 0 if len(bands) in (2, 4) else np.zeros(window.shape, dtype=np.bool_)
            if len(bands) <= 2 and dataset.nodata is not None and not self._is_named(dataset.nodata):
                is_clear |= bands[0] == dataset.nodata
            if self.meaning.colours and _has_palette(dataset):
                table = np.zeros((256, 4), dtype=np.uint8)
                for index, colour in dataset.colormap(1).items():
                    table[index] = colour
                return table[bands[0]][..., :3], is_clear
        colours = bands[:3] if len(bands) >= 3 else bands[:1]
        if not self.meaning.colours and (colours == colours[0]).all():
            colours = colours[:1]
        elif self.meaning.colours and len(colours) == 1:
            colours = np.repeat(colours, 3, axis=0)
        return np.moveaxis(colours, 0, -1), is_clear

    def _is_named(self, number: float) -> bool:
        """Whether a nodata number is also a class, as 0 often is."""
        return bool(self.meaning.translate(np.array([number]))[0] < IGNORED)


def open_mask(path: Path, meaning: LabelMap) -> MaskFile:
    """Open a mask; pixels are read when asked for.

    Raises
    ------
    DatasetError
        When the file is no raster, or has a number of bands that no mask has.
    """
    with _opened(path) as dataset:
        if dataset.count > 4 or (dataset.count >= 3 and dataset.dtypes[0] != "uint8"):
            raise DatasetError(
                f"{path} has {dataset.count} bands of {dataset.dtypes[0]}, which no mask has.",
                "Give one band of numbers, or a picture of colours (8 bits).",
            )
        return MaskFile(
            path=path,
            height=dataset.height,
            width=dataset.width,
            georeference=Georeference(
                crs_wkt=dataset.crs.to_wkt() if dataset.crs else None, affine=tuple(dataset.transform)[:6]
            ),
            meaning=meaning,
        )


def _has_palette(dataset: DatasetReader) -> bool:
    from rasterio.enums import ColorInterp

    return bool(dataset.count == 1 and dataset.colorinterp[0] == ColorInterp.palette)


def _words(value: tuple[float, ...]) -> str:
    parts = [f"{part:g}" for part in value]
    return parts[0] if len(parts) == 1 else f"({','.join(parts)})"


@contextmanager
def _opened(path: Path) -> Iterator[DatasetReader]:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # masks of plain pictures are welcome
        try:
            dataset = rasterio.open(path)
        except (RasterioError, OSError) as error:
            raise DatasetError(
                f"{path} cannot be read as a mask ({error}).", "Give a raster of numbers or colours."
            ) from error
    with dataset:
        yield dataset
