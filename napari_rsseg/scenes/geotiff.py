"""TIFF, GeoTIFF, COG and BigTIFF: pages, overviews and masks of a file."""

from __future__ import annotations

import itertools
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import tifffile

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.facts import BandFacts, RasterFacts
from napari_rsseg.scenes.geotiff_tags import gdal_items, georeference_of, nodata_of
from napari_rsseg.scenes.scene import Level
from napari_rsseg.scenes.segment_cache import SegmentCache
from napari_rsseg.scenes.tiff_file import TiffBytes
from napari_rsseg.scenes.tiff_page import DAMAGED, PageReader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tifffile import TiffPage

    from napari_rsseg.scenes.geotiff_tags import GdalItems
    from napari_rsseg.scenes.windows import Window

__all__ = ["GeoTiff", "beside", "is_tiff"]

_REDUCED, _MASK = 1, 4
_MOST_PAGES = 4096
_CACHE_BYTES = 64 * 2**20
_LARGEST_CACHE_BYTES = 384 * 2**20
_RGB, _PALETTE = 2, 3
_ROWS_AT_ONCE = 640


def is_tiff(path: Path) -> bool:
    """Whether a file starts like a TIFF or BigTIFF."""
    with path.open("rb") as stream:
        head = stream.read(4)
    return head in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def beside(path: Path, name: str) -> Path | None:
    """Return a file of this name beside another one; None where there is none."""
    try:
        found = path.with_name(name)
        return found if found.is_file() else None
    except OSError:  # the name of the file itself is so long that the other one's cannot be
        return None


class _Stack:
    """Pages of one size as one raster: each adds its samples."""

    def __init__(self, readers: Sequence[PageReader]) -> None:
        self.readers = tuple(readers)
        self.height, self.width = readers[0].height, readers[0].width
        self._home = [(reader, sample) for reader in readers for sample in range(reader.samples)]

    @property
    def samples(self) -> int:
        return len(self._home)

    def read(self, window: Window, bands: tuple[int, ...]) -> npt.NDArray[np.generic]:
        if len(self.readers) == 1:
            return self.readers[0].read(window, bands)
        return np.concatenate([self._home[band][0].read(window, (self._home[band][1],)) for band in bands])


class GeoTiff:
    """Pixels of a TIFF file; implements ``PixelSource``.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    SceneError
        When the file is no TIFF, is cut off, or declares what it cannot hold.
    """

    def __init__(self, path: Path) -> None:
        self._closing: list[weakref.finalize[..., GeoTiff]] = []
        self._sources: list[TiffBytes] = []
        self._path = path
        self._cache = SegmentCache(_CACHE_BYTES)
        try:
            self._open(path)
        except SceneError:
            self.close()
            raise
        except DAMAGED as error:
            self.close()
            raise SceneError(
                f"{path} cannot be read as a TIFF ({error}).",
                "The file is damaged: copy or download it again.",
            ) from error

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """One dtype for all bands."""
        return self._stacks[0].readers[0].dtype

    @property
    def levels(self) -> tuple[Level, ...]:
        """Level 0 and the overviews."""
        full = self._stacks[0]
        return tuple(Level(stack.height, stack.width, full.width / stack.width) for stack in self._stacks)

    def read(self, window: Window, level: int, bands: tuple[int, ...]) -> npt.NDArray[np.generic]:
        """Return (len(bands), height, width)."""
        return self._stacks[level].read(window, bands)

    def mask(self, window: Window, level: int) -> npt.NDArray[np.bool_] | None:
        """Return where the mask page says valid; None where the file has none for this level."""
        stack = self._stacks[level]
        page = self._masks.get((stack.height, stack.width))
        if page is not None:
            return np.asarray(page.read(window, (0,))[0] > 0)
        if not self._masks:
            return None
        return self._mask_from_full(window, stack)

    def _mask_from_full(self, window: Window, stack: _Stack) -> npt.NDArray[np.bool_]:
        """Return the mask of an overview that has none of its own: every n-th pixel of the full one."""
        full = self._stacks[0]
        rows = np.arange(window.row_start, window.row_stop) * full.height // stack.height
        columns = np.arange(window.column_start, window.column_stop) * full.width // stack.width
        page = self._masks.get((full.height, full.width))
        if page is None or window.is_empty:
            return np.ones(window.shape, dtype=np.bool_)
        out = np.empty(window.shape, dtype=np.bool_)
        for index, row in enumerate(rows):
            line = replace(
                window, row_start=int(row), row_stop=int(row) + 1, column_start=0, column_stop=full.width
            )
            out[index] = page.read(line, (0,))[0, 0, columns] > 0
        return out

    def facts(self) -> tuple[RasterFacts, bool]:
        """Return what the tags say, and whether the CRS must be read by GDAL."""
        page = self._page
        georeference, incomplete = georeference_of(page)
        items = gdal_items(page)
        acquired = items.dataset.get("ACQUISITIONDATETIME") or items.dataset.get("ACQUISITION_DATE")
        return RasterFacts(
            bands=self._band_facts(items),
            georeference=georeference,
            acquired=acquired,
            metadata=items.dataset,
        ), incomplete

    @property
    def palette(self) -> npt.NDArray[np.uint8] | None:
        """Colours of a palette image, (entries, 3), 0 to 255; None for other images."""
        colours = self._page.colormap
        if self._page.photometric != _PALETTE or colours is None or self._stacks[0].samples != 1:
            return None
        return (np.asarray(colours) >> 8).astype(np.uint8).T

    def close(self) -> None:
        """Release the file."""
        self._cache.clear()
        for closing in self._closing:
            closing()
        for source in self._sources:
            source.close()

    def _open(self, path: Path) -> None:
        pages = self._pages(path)
        full = [page for page in pages if not page.subfiletype & (_REDUCED | _MASK)]
        if not full:
            raise SceneError(
                f"{path} cannot be read as a TIFF: it holds no image.", "Copy or download the file again."
            )
        self._page = full[0]
        same = [page for page in full if page.shaped == full[0].shaped and page.dtype == full[0].dtype]
        first = self._reader(full[0])
        readers = [first] if first.samples > 1 else [first, *(self._reader(page) for page in same[1:])]
        self._stacks = [_Stack(readers)]
        reduced = [page for page in pages if page.subfiletype & _REDUCED and not page.subfiletype & _MASK]
        reduced.extend(self._subpages(full[0]))
        overviews = beside(path, path.name + ".ovr")
        if overviews is not None:
            reduced.extend(self._pages(overviews))
        self._add_overviews(reduced)
        masks = [page for page in pages if page.subfiletype & _MASK]
        mask = beside(path, path.name + ".msk")
        if mask is not None:
            masks.extend(self._pages(mask))
        readers = [self._reader(page) for page in masks]
        self._masks = {(reader.height, reader.width): reader for reader in readers}
        self._grow_cache()

    def _pages(self, path: Path) -> list[TiffPage]:
        file = tifffile.TiffFile(path)
        self._closing.append(weakref.finalize(self, file.close))  # also when nobody calls close
        self._sources.append(TiffBytes(path))
        pages = list(itertools.islice(file.pages, _MOST_PAGES))
        kept = [page for page in pages if isinstance(page, tifffile.TiffPage)]
        for page in kept:
            _check_declared(page, path)
        self._source_of = {**getattr(self, "_source_of", {}), file.filehandle.path: self._sources[-1]}
        return kept

    def _subpages(self, page: TiffPage) -> list[TiffPage]:
        if not page.subifds:
            return []
        subpages = [sub for sub in page.pages or () if isinstance(sub, tifffile.TiffPage)]
        for sub in subpages:
            _check_declared(sub, self._path)
        return subpages

    def _reader(self, page: TiffPage) -> PageReader:
        return PageReader(page, self._source_of[page.parent.filehandle.path], self._cache)

    def _add_overviews(self, pages: Sequence[TiffPage]) -> None:
        full = self._stacks[0]
        found: dict[tuple[int, int], list[PageReader]] = {}
        for page in pages:
            reader = self._reader(page)
            ratios = full.height / reader.height, full.width / reader.width
            fits = min(ratios) > 1 and abs(ratios[0] - ratios[1]) <= 0.1 * max(ratios) + 1
            if fits and reader.dtype == self.dtype:
                found.setdefault((reader.height, reader.width), []).append(reader)
        for _, readers in sorted(found.items(), reverse=True):
            stack = _Stack(readers)
            if stack.samples == full.samples:
                self._stacks.append(stack)

    def _grow_cache(self) -> None:
        """Keep a row of blocks of a scene stored in strips: its next block need not decode it again."""
        wanted = self._stacks[0].readers[0].row_bytes * _ROWS_AT_ONCE
        self._cache.limit_bytes = max(_CACHE_BYTES, min(wanted, _LARGEST_CACHE_BYTES))

    def _band_facts(self, items: GdalItems) -> tuple[BandFacts, ...]:
        count = self._stacks[0].samples
        colours = self._colours(count)
        nodata = nodata_of(self._page)
        return tuple(
            BandFacts(
                name=items.bands[index].get("description", ""),
                dtype=self.dtype.name,
                nodata=nodata,
                colour=_colour_named(items.bands[index].get("colorinterp")) or colours[index],
                wavelength_nm=_wavelength(items.bands[index]),
                scale=_number(items.bands[index].get("scale")),
                offset=_number(items.bands[index].get("offset")),
            )
            for index in range(count)
        )

    def _colours(self, count: int) -> list[str | None]:
        colours: list[str | None] = [None] * count
        page = self._page
        if page.photometric in (_RGB, 6) and count >= 3:
            colours[:3] = ["red", "green", "blue"]
        elif count in (1, 2):
            colours[0] = "grey"
        extra = list(page.extrasamples or ())
        for position, kind in enumerate(extra):
            if int(kind) in (1, 2):  # associated and unassociated alpha
                colours[count - len(extra) + position] = "alpha"
        return colours


def _colour_named(text: str | None) -> str | None:
    return {"gray": "grey", "undefined": None}.get(text.lower(), text.lower()) if text else None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _wavelength(items: dict[str, str]) -> float | None:
    """Return nanometres from the items that GDAL and ENVI write."""
    for key in ("central_wavelength_um", "wavelength", "wavelength_nm"):
        value = _number(items.get(key))
        if value is not None:
            return value * 1000 if value < 100 else value
    return None


def _check_declared(page: TiffPage, path: Path) -> None:
    """Refuse sizes that no image has, before anything is computed from them."""
    sizes = {
        "height": page.imagelength,
        "width": page.imagewidth,
        "bands": page.samplesperpixel,
        "tile": page.tilelength * page.tilewidth if page.is_tiled else page.rowsperstrip,
    }
    wrong = {name: value for name, value in sizes.items() if not (isinstance(value, int) and value > 0)}
    if wrong or page.samplesperpixel > 65_535 or page.imagedepth != 1:
        raise SceneError(f"{path} declares {sizes}.", "The file is damaged, or no image of rows and columns.")
