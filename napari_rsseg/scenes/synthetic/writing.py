"""The synthetic scene as files: a GeoTIFF and its truth, written block by block."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.classes.scheme import builtin_scheme
from napari_rsseg.scenes.cog import RasterLayout, write_cog
from napari_rsseg.scenes.geotiff_writing import georeference_entries, metadata_entry
from napari_rsseg.scenes.halving import mean_of_valid
from napari_rsseg.scenes.masks import write_mask
from napari_rsseg.scenes.replacing import refuse_existing
from napari_rsseg.scenes.synthetic.scene import TRUTH_TASKS, SyntheticScene

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.scenes.windows import Window

__all__ = ["write_synthetic"]


def write_synthetic(
    path: str | Path,
    *,
    size: int | tuple[int, int],
    seed: int = 0,
    truth: bool = False,
    overwrite: bool = False,
) -> list[Path]:
    """Write a synthetic scene as a cloud-optimised GeoTIFF with overviews, in bounded memory.

    Parameters
    ----------
    path : Path
        ``.tif``; truth goes beside it: ``<stem>_landslide.tif``, ``<stem>_cloud.tif``, ``<stem>_grass.tif``.
    size : int or (int, int)
        Side, or height and width, in pixels.
    seed : int
        Which country.
    truth : bool
        Whether to write the masks too.
    overwrite : bool
        Whether existing files may be replaced.

    Returns
    -------
    list of Path
        The files, the scene first.

    Raises
    ------
    OutputError
        When a file exists or cannot be written.
    SceneError
        When the size is not positive.
    """
    path = Path(path)
    scene = SyntheticScene(size, seed)
    masks = {task: path.with_name(f"{path.stem}_{task}.tif") for task in TRUTH_TASKS} if truth else {}
    for target in (path, *masks.values()):
        refuse_existing(target, overwrite=overwrite)

    def read(window: Window) -> npt.NDArray[np.uint16]:
        return np.moveaxis(scene.read(window), 0, -1)

    write_cog(path, _layout(scene), read=read, reduce=mean_of_valid(0), overwrite=overwrite)
    for task, target in masks.items():
        write_mask(
            target,
            like=scene,
            read=partial(scene.truth, task),
            scheme=builtin_scheme(task),
            tags={"SOURCE": scene.uri},
            overwrite=overwrite,
        )
    return [path, *masks.values()]


def _layout(scene: SyntheticScene) -> RasterLayout:
    bands = [
        {"description": band.name, "scale": "0.0001", "offset": "0", "wavelength": str(band.wavelength_nm)}
        for band in scene.bands
    ]
    return RasterLayout(
        scene.height,
        scene.width,
        samples=len(scene.bands),
        dtype=np.dtype(np.uint16),
        photometric="rgb",
        entries=(
            *georeference_entries(scene.georeference),
            *metadata_entry(
                {"SOURCE": scene.uri, "ACQUISITIONDATETIME": f"{scene.acquired}T10:10:00Z"}, bands
            ),
        ),
    )
