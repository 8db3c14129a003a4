"""Results on the map: label ids, confidence and probabilities as cloud-optimised GeoTIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.palette import colour_table
from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.scenes.class_sidecar import replacing_sidecar, sidecar_path, sidecar_text
from napari_rsseg.scenes.cog import RasterLayout, Tile, write_cog
from napari_rsseg.scenes.geotiff_writing import georeference_entries, metadata_entry, needs_sidecar_crs
from napari_rsseg.scenes.halving import majority, mean_of_valid
from napari_rsseg.scenes.mask_reading import SCHEME_TAG, Mask, read_mask
from napari_rsseg.scenes.qgis_style import style_path, style_text
from napari_rsseg.scenes.replacing import refuse_existing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.scenes.scene import Georeference
    from napari_rsseg.scenes.windows import Window

__all__ = [
    "SCHEME_TAG",
    "Mask",
    "Placed",
    "read_mask",
    "write_confidence",
    "write_mask",
    "write_probabilities",
]


class Placed(Protocol):
    """What has a size in pixels and a place on the map: a scene, or another mask."""

    @property
    def height(self) -> int: ...  # noqa: D102
    @property
    def width(self) -> int: ...  # noqa: D102
    @property
    def georeference(self) -> Georeference: ...  # noqa: D102


def write_mask(
    path: Path,
    *,
    like: Placed,
    read: Callable[[Window], npt.NDArray[np.uint8]],
    scheme: Scheme,
    tags: Mapping[str, str],
    overwrite: bool = False,
) -> Path:
    """Write label ids, 255 where nothing is said, with colours and class names.

    Parameters
    ----------
    path : Path
        ``.tif``; beside it are written a ``.tif.aux.xml`` with the class names and a ``.qml``, its style in
        QGIS.
    like : Scene or Mask
        Whose size and place on the map the file takes.
    read : callable
        Gives the ids of a window, (rows, columns) uint8; asked block by block.
    scheme : Scheme
        Of the ids.
    tags : mapping
        Further items of GDAL's metadata: model, digest, radiometry, device.
    overwrite : bool
        Whether an existing file may be replaced.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    OutputError
        When the file exists or cannot be written; nothing is left behind.
    """
    layout = RasterLayout(
        like.height,
        like.width,
        samples=1,
        dtype=np.dtype(np.uint8),
        photometric="palette",
        nodata=str(IGNORED),
        palette=tuple(int(value) * 257 for value in colour_table(scheme)[:, :3].T.ravel()),
        entries=(
            *georeference_entries(like.georeference),
            *metadata_entry({**tags, SCHEME_TAG: scheme.model_dump_json()}, [{"description": "class"}]),
        ),
    )
    sidecar = _sidecar(like, scheme)
    refuse_existing(path, overwrite=overwrite)
    with replacing_sidecar(style_path(path), style_text(scheme), of=path):
        return _write(path, layout, sidecar, lambda window: read(window)[..., None], majority, overwrite)


def write_confidence(
    path: Path,
    *,
    like: Placed,
    read: Callable[[Window], npt.NDArray[np.uint8]],
    tags: Mapping[str, str],
    overwrite: bool = False,
) -> Path:
    """Write round(250 p) of the chosen class, 255 where nothing is said; see ``write_mask``."""
    layout = RasterLayout(
        like.height,
        like.width,
        samples=1,
        dtype=np.dtype(np.uint8),
        nodata=str(IGNORED),
        entries=(
            *georeference_entries(like.georeference),
            *metadata_entry(tags, [{"description": "confidence"}]),
        ),
    )
    sidecar, halve = _sidecar(like, None), mean_of_valid(IGNORED)
    return _write(path, layout, sidecar, lambda window: read(window)[..., None], halve, overwrite)


def write_probabilities(
    path: Path,
    *,
    like: Placed,
    read: Callable[[Window], npt.NDArray[np.float16]],
    scheme: Scheme,
    tags: Mapping[str, str],
    overwrite: bool = False,
) -> Path:
    """Write a band of probabilities per class, float16, NaN where nothing is said; see ``write_mask``.

    ``read`` gives (classes, rows, columns).
    """
    layout = RasterLayout(
        like.height,
        like.width,
        samples=len(scheme.classes),
        dtype=np.dtype(np.float16),
        nodata="nan",
        entries=(
            *georeference_entries(like.georeference),
            *metadata_entry(
                {**tags, SCHEME_TAG: scheme.model_dump_json()},
                [{"description": name} for name in scheme.names],
            ),
        ),
    )
    sidecar, halve = _sidecar(like, None), mean_of_valid(None)
    return _write(path, layout, sidecar, lambda window: np.moveaxis(read(window), 0, -1), halve, overwrite)


def _write(
    path: Path,
    layout: RasterLayout,
    sidecar: str | None,
    read: Callable[[Window], Tile],
    reduce: Callable[[Tile], Tile],
    overwrite: bool,
) -> Path:
    refuse_existing(path, overwrite=overwrite)
    with replacing_sidecar(sidecar_path(path), sidecar, of=path):
        write_cog(path, layout, read=read, reduce=reduce, overwrite=overwrite)
    return path


def _sidecar(like: Placed, scheme: Scheme | None) -> str | None:
    """Return what cannot be said in the file itself."""
    crs_wkt = like.georeference.crs_wkt if needs_sidecar_crs(like.georeference) else None
    return None if scheme is None and crs_wkt is None else sidecar_text(scheme, crs_wkt)
