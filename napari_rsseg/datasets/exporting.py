"""A version in the layout of another program, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.datasets.contents import check_contents, written_folder
from napari_rsseg.datasets.exports.areas import write_geojson, write_geopackage, write_geoparquet
from napari_rsseg.datasets.exports.coco import write_coco
from napari_rsseg.datasets.exports.cog import write_cogs
from napari_rsseg.datasets.exports.huggingface import write_huggingface
from napari_rsseg.datasets.exports.mmseg import write_mmseg
from napari_rsseg.datasets.exports.stac import write_stac
from napari_rsseg.datasets.version import CARD
from napari_rsseg.errors import OutputError, SettingsError
from napari_rsseg.scenes.replacing import output_errors

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.datasets.version import Version

__all__ = ["FORMATS", "Format", "export_version"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Format:
    """A layout.

    Attributes
    ----------
    title : str
        As menus show it.
    write : callable
        Fills a folder with a version; returns what it could not carry.
    """

    title: str
    write: Callable[[Version, Path, Progress], tuple[str, ...]]


FORMATS = {
    "mmseg": Format("img_dir and ann_dir of mmsegmentation and KTDA", write_mmseg),
    "coco": Format("COCO polygons and run lengths", write_coco),
    "cog": Format("masks of scenes as cloud-optimised GeoTIFF", write_cogs),
    "gpkg": Format("areas as GeoPackage", write_geopackage),
    "geojson": Format("areas as GeoJSON", write_geojson),
    "geoparquet": Format("areas as GeoParquet", write_geoparquet),
    "hf": Format("Parquet of Hugging Face datasets", write_huggingface),
    "stac": Format("STAC with the label extension", write_stac),
}
"""The layouts by name."""


def export_version(
    version: Version,
    form: str,
    folder: Path,
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[str, ...]:
    """Write a version into a new folder, with its card.

    Parameters
    ----------
    version : Version
        Checked against its list of contents first.
    form : str
        One of `FORMATS`.
    folder : Path
        Must not exist, or be empty.
    on_progress : callable
        Told how much of how much is done; may raise to stop, and nothing is left behind.

    Returns
    -------
    tuple of str
        What the format could not carry, a sentence each.

    Raises
    ------
    SettingsError
        When there is no such format.
    DatasetError
        When the version is damaged, or the format cannot carry it.
    OutputError
        When the folder holds something, or cannot be written.
    """
    if form not in FORMATS:
        raise SettingsError(f"There is no format {form!r}.", f"Choose {', '.join(FORMATS)}.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} holds something already.", "Name a new folder (command line: --out).")
    check_contents(version.folder)
    with written_folder(folder.absolute().parent) as draft, output_errors(folder):
        notes = FORMATS[form].write(version, draft, on_progress)
        for file in (CARD, "README.md"):
            shutil.copyfile(version.folder / file, draft / file)
        draft.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    return notes
