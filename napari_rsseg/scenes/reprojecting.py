"""The same scene in another coordinate reference system."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.georeferencing import parsed_crs, same_crs
from napari_rsseg.scenes.opening import open_scene
from napari_rsseg.scenes.scene import Georeference
from napari_rsseg.settings import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.scenes.scene import Scene

__all__ = ["reprojected"]

RESAMPLING = ("nearest", "bilinear", "cubic")


def reprojected(scene: Scene, crs: str, *, resampling: str = "bilinear") -> Scene:
    """Return the scene in another CRS, warped as it is read; its roles and radiometry stay.

    A small description of the warp (a GDAL virtual dataset) is kept in the cache folder, so that workers open
    the same scene by its uri.

    Parameters
    ----------
    scene : Scene
        A scene with a CRS, opened from a file, folder or URL.
    crs : str
        WKT or ``EPSG:n``.
    resampling : {"bilinear", "nearest", "cubic"}
        How numbers between pixels are found; pixels beside unmeasured ones use the measured alone.

    Raises
    ------
    SceneError
        When the scene has no CRS, is not read from a file, or GDAL cannot warp it.
    """
    target = parsed_crs(crs)
    if scene.georeference.crs_wkt is None:
        raise SceneError(
            f"{scene.uri} has no coordinate reference system, so it cannot be re-projected.",
            "Georeference it first.",
        )
    if resampling not in RESAMPLING:
        raise SceneError(f"There is no resampling {resampling!r}.", f"There are {', '.join(RESAMPLING)}.")
    if same_crs(scene.georeference, Georeference(crs_wkt=target.to_wkt())):
        return scene
    roles = {index: band.role for index, band in enumerate(scene.bands)}
    return open_scene(
        _warped_file(scene, target.to_wkt(), resampling), roles=roles, radiometry=scene.radiometry
    )


def _warped_file(scene: Scene, wkt: str, resampling: str) -> Path:
    """Return the virtual dataset that warps the scene, written once."""
    from napari_rsseg.scenes.warping import write_warped

    folder = cache_folder() / "reprojected"
    key = hashlib.sha256(f"{scene.uri} {scene.fingerprint} {wkt} {resampling}".encode()).hexdigest()[:32]
    path = folder / f"{key}.vrt"
    if not path.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SceneError(
                f"{folder} cannot be written ({error.strerror}).", "Set RSSEG_CACHE to a folder that can."
            ) from error
        write_warped(scene, wkt, resampling, path)
    return path
