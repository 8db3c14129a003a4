"""Everything else that GDAL opens: JP2, VRT, PNG and JPEG with world files, COGs by URL."""

from __future__ import annotations

import contextlib
import queue
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.building import OpenedRaster
from napari_rsseg.scenes.facts import BandFacts, RasterFacts
from napari_rsseg.scenes.fingerprint import fingerprint_of, fingerprint_of_text
from napari_rsseg.scenes.gdal_access import gdal_errors, rasterio_open
from napari_rsseg.scenes.palette_source import expanded
from napari_rsseg.scenes.scene import Georeference, Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_rsseg.scenes.windows import Window

__all__ = ["GdalRaster", "gdal_georeference", "open_with_gdal"]


class GdalRaster:
    """Pixels of a dataset; implements ``PixelSource``.

    Each thread borrows a dataset of its own from a pool, since GDAL's are not thread-safe.

    Parameters
    ----------
    name : str
        What GDAL is asked to open: a path, ``/vsi…`` path, or VRT text.
    shown : str
        What error messages call it.
    """

    def __init__(self, name: str, shown: str) -> None:
        self._name, self._shown = name, shown
        with gdal_errors(shown), self._opened(None) as dataset:
            self._check(dataset)
            self._dtype = np.dtype(np.result_type(*dataset.dtypes))
            self._has_mask = any(
                "per_dataset" in str(flag) and "alpha" not in str(flag) for flag in _flags(dataset)
            )
            sizes = [(dataset.height, dataset.width)]
            for factor in dataset.overviews(1):
                size = -(-dataset.height // factor), -(-dataset.width // factor)
                if min(size) >= 1 and size < sizes[-1]:
                    sizes.append(size)
        self._pools: list[queue.LifoQueue[Any]] = [queue.LifoQueue() for _ in sizes]
        levels = []
        for index, _ in enumerate(sizes):
            with gdal_errors(shown), self._dataset(index) as dataset:
                levels.append(Level(dataset.height, dataset.width, sizes[0][1] / dataset.width))
        self._levels = tuple(levels)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """One dtype for all bands."""
        return self._dtype

    @property
    def levels(self) -> tuple[Level, ...]:
        """Level 0 and the overviews."""
        return self._levels

    def read(self, window: Window, level: int, bands: tuple[int, ...]) -> npt.NDArray[np.generic]:
        """Return (len(bands), height, width)."""
        if window.is_empty:
            return np.zeros((len(bands), *window.shape), dtype=self._dtype)
        with gdal_errors(self._shown), self._dataset(level) as dataset:
            numbers = dataset.read([band + 1 for band in bands], window=_rasterio_window(window))
        return np.asarray(numbers, dtype=self._dtype)

    def mask(self, window: Window, level: int) -> npt.NDArray[np.bool_] | None:
        """Return where the mask band says valid; None where there is none."""
        if not self._has_mask:
            return None
        with gdal_errors(self._shown), self._dataset(level) as dataset:
            return np.asarray(dataset.dataset_mask(window=_rasterio_window(window))) > 0

    def facts(self) -> RasterFacts:
        """Return what the dataset says about itself."""
        with gdal_errors(self._shown), self._dataset(0) as dataset:
            metadata = {key.upper(): str(value) for key, value in dataset.tags().items()}
            return RasterFacts(
                bands=tuple(_band_facts(dataset, index, self._dtype.name) for index in range(dataset.count)),
                georeference=_georeference(dataset),
                acquired=metadata.get("ACQUISITIONDATETIME"),
                metadata=metadata,
            )

    def palette(self) -> npt.NDArray[np.uint8] | None:
        """Colours of a one-band palette image, (entries, 3); None for others."""
        with gdal_errors(self._shown), self._dataset(0) as dataset:
            if dataset.count != 1 or dataset.colorinterp[0].name != "palette":
                return None
            colours = dataset.colormap(1)
        return np.array(
            [colours.get(index, (0, 0, 0))[:3] for index in range(max(colours) + 1)], dtype=np.uint8
        )

    def close(self) -> None:
        """Release the file."""
        for pool in self._pools:
            while not pool.empty():
                pool.get_nowait().close()

    def _opened(self, overview: int | None) -> Any:
        return rasterio_open(self._name, {} if overview is None else {"OVERVIEW_LEVEL": overview})

    @contextlib.contextmanager
    def _dataset(self, level: int) -> Iterator[Any]:
        try:
            dataset = self._pools[level].get_nowait()
        except queue.Empty:
            dataset = self._opened(level - 1 if level else None)
        try:
            yield dataset
        finally:
            self._pools[level].put(dataset)

    def _check(self, dataset: Any) -> None:
        if dataset.count == 0:
            inside = ", ".join(dataset.subdatasets[:3]) or "nothing"
            raise SceneError(
                f"{self._shown} holds no image of its own (inside: {inside}).",
                "Export the layer you want as GeoTIFF: gdal_translate LAYER OUT.tif.",
            )
        kinds = {np.dtype(dtype).kind for dtype in dataset.dtypes if dtype != "complex_int16"}
        if not kinds <= set("uif") or "complex_int16" in dataset.dtypes:
            raise SceneError(
                f"{self._shown} holds {', '.join(sorted(set(dataset.dtypes)))} numbers.",
                "Convert it to uint8, uint16, int16 or float32.",
            )


def _flags(dataset: Any) -> list[str]:
    return [flag.name for flags in dataset.mask_flag_enums for flag in flags]


def _rasterio_window(window: Window) -> Any:
    from rasterio.windows import Window as RasterioWindow

    return RasterioWindow(window.column_start, window.row_start, window.width, window.height)


def _band_facts(dataset: Any, index: int, dtype: str) -> BandFacts:
    colour = dataset.colorinterp[index].name
    tags = {key.lower(): value for key, value in dataset.tags(index + 1).items()}
    wavelength = tags.get("wavelength") or tags.get("central_wavelength_um")
    scale, offset = dataset.scales[index], dataset.offsets[index]
    return BandFacts(
        name=dataset.descriptions[index] or "",
        dtype=dtype,
        nodata=None if dataset.nodatavals[index] is None else float(dataset.nodatavals[index]),
        colour={"gray": "grey", "undefined": None, "palette": "grey"}.get(colour, colour),
        wavelength_nm=_nanometres(wavelength),
        scale=None if scale == 1.0 else float(scale),
        offset=None if scale == 1.0 else float(offset),
    )


def _nanometres(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value * 1000 if value is not None and value < 100 else value


def _georeference(dataset: Any) -> Georeference:
    transform = dataset.transform
    affine = (transform.a, transform.b, transform.c, transform.d, transform.e, transform.f)
    wkt = dataset.crs.to_wkt(version="WKT2_2019") if dataset.crs else None
    return Georeference(crs_wkt=wkt or None, affine=affine)


def gdal_georeference(name: str) -> Georeference | None:
    """Return the place on the map as GDAL reads it; None where GDAL cannot open the file."""
    try:
        with gdal_errors(name), rasterio_open(name, {}) as dataset:
            return _georeference(dataset)
    except SceneError:
        return None


def open_with_gdal(name: str, *, shown: str) -> OpenedRaster:
    """Open whatever GDAL opens.

    Raises
    ------
    SceneError
        When GDAL cannot, or it holds no image.
    """
    _require_whole(name)
    pixels = GdalRaster(name, shown)
    facts = pixels.facts()
    opened = OpenedRaster(pixels=pixels, facts=facts, fingerprint=_fingerprint(name, facts), dataset=name)
    palette = pixels.palette()
    return opened if palette is None else expanded(opened, palette)


def _require_whole(name: str) -> None:
    """Refuse a PNG that is cut off: GDAL would read its missing part as zeros."""
    from pathlib import Path

    path = Path(name)
    if name.startswith("/vsi") or not path.is_file():
        return
    with path.open("rb") as stream:
        if stream.read(8) != b"\x89PNG\r\n\x1a\n":
            return
        stream.seek(max(path.stat().st_size - 4096, 0))
        if b"IEND" not in stream.read():
            raise SceneError(f"{path} cannot be read: it is cut off.", "Copy or download the file again.")


def _fingerprint(name: str, facts: RasterFacts) -> str:
    from pathlib import Path

    path = Path(name)
    if name.startswith("/vsi") or not path.is_file():
        return fingerprint_of_text(f"{name} {facts.georeference.affine} {len(facts.bands)}")
    return fingerprint_of(path)
