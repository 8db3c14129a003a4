"""The one door to rasters: a path, folder or URL in, a scene out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_rsseg.errors import SceneError
from napari_rsseg.scenes.scene import SceneReference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_rsseg.scenes.building import OpenedRaster
    from napari_rsseg.scenes.radiometry import Radiometry
    from napari_rsseg.scenes.scene import BandRole, Scene

__all__ = ["open_reference", "open_scene", "reopened"]


def open_scene(
    uri: str | Path,
    *,
    roles: Mapping[int, BandRole | None] | None = None,
    radiometry: Radiometry | None = None,
) -> Scene:
    """Open a raster, a product folder or archive, or a URL.

    Parameters
    ----------
    uri : str or Path
        TIFF and all that GDAL opens; a Sentinel-2 ``.SAFE`` or Landsat Collection 2 folder, zip or tar;
        ``http(s)://``; ``synthetic:size=2048,seed=0``.
    roles : mapping, optional
        Corrections of band roles by band index; default: those remembered for files like this one.
    radiometry : Radiometry, optional
        The mapping chosen when the scene was first opened; default: chosen now from tags, sensor and values.

    Returns
    -------
    Scene
        Nothing but its tags and, where the radiometry needs them, a few samples have been read.

    Raises
    ------
    SceneError
        When there is no such file, or it is no raster, is damaged, or holds no measured pixel.
    """
    scene = _open(str(uri), roles, radiometry)
    remembered = {} if roles is not None else _remembered(scene)
    if all(scene.bands[index].role == role for index, role in remembered.items()):
        return scene
    scene.close()
    return _open(str(uri), remembered, radiometry)


def reopened(scene: Scene, roles: Mapping[int, BandRole | None]) -> Scene:
    """Open a scene again with other band roles; it keeps its radiometry while the same bands are thermal.

    Raises
    ------
    SceneError
        As `open_scene`.
    """
    thermal = {index for index, band in enumerate(scene.bands) if (band.role or "").startswith("thermal")}
    wanted = {index for index, role in roles.items() if (role or "").startswith("thermal")}
    return open_scene(scene.uri, roles=roles, radiometry=scene.radiometry if wanted == thermal else None)


def _remembered(scene: Scene) -> dict[int, BandRole | None]:
    from napari_rsseg.scenes.role_memory import remembered_roles

    return remembered_roles(scene)


def _open(text: str, roles: Mapping[int, BandRole | None] | None, radiometry: Radiometry | None) -> Scene:
    corrections = tuple(sorted((roles or {}).items()))
    reference = SceneReference(text, corrections, radiometry)
    if text.startswith("synthetic:"):
        return _open_synthetic(reference)
    from napari_rsseg.scenes.building import build_scene

    if text.startswith(("http://", "https://")):
        from napari_rsseg.scenes.gdal_raster import open_with_gdal

        return build_scene(reference, open_with_gdal(f"/vsicurl/{text}", shown=text))
    return build_scene(reference, _opened(Path(text)))


def open_reference(reference: SceneReference) -> Scene:
    """Open a scene again, with the same roles and radiometry."""
    return open_scene(reference.uri, roles=dict(reference.roles), radiometry=reference.radiometry)


def _open_synthetic(reference: SceneReference) -> Scene:
    from napari_rsseg.scenes.synthetic import open_synthetic

    return open_synthetic(reference.uri)


def _opened(path: Path) -> OpenedRaster:
    """Return the raster of a path on disk by the reader that knows it."""
    from napari_rsseg.scenes.gdal_raster import open_with_gdal
    from napari_rsseg.scenes.geotiff import is_tiff
    from napari_rsseg.scenes.products import open_product

    _require_readable(path)
    product = open_product(path)
    if product is not None:
        return product
    if path.is_dir():
        raise SceneError(
            f"{path} is a folder and no product that is known (Sentinel-2 .SAFE, Landsat Collection 2).",
            "Choose a file in it.",
        )
    if is_tiff(path):
        from napari_rsseg.scenes.geotiff_opening import open_geotiff

        return open_geotiff(path)
    return open_with_gdal(str(path), shown=str(path))


def _require_readable(path: Path) -> None:
    try:
        stat = path.stat()
        if path.is_file() and stat.st_size > 0:
            with path.open("rb"):
                return
    except FileNotFoundError:
        raise SceneError(f"There is no file {path}.", "Check the path.") from None
    except (OSError, ValueError) as error:  # too long a name, no permission, a NUL in it
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SceneError(
            f"{str(path)[:200]} cannot be opened: {reason}.", "Check the path and its rights."
        ) from error
    if path.is_file():
        raise SceneError(f"{path} is empty (0 bytes).", "Copy or download the file again.")
