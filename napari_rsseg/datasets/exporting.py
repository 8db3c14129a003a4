"""A version in the layout of another program, whole or not at all."""

from __future__ import annotations

import importlib
import shutil
from typing import TYPE_CHECKING

from napari_rsseg.datasets.contents import check_contents, written_folder
from napari_rsseg.datasets.version import CARD
from napari_rsseg.errors import OutputError, SettingsError
from napari_rsseg.scenes.replacing import output_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_rsseg.datasets.version import Version

__all__ = ["FORMATS", "export_version"]

FORMATS = {
    "mmseg": ("img_dir and ann_dir of mmsegmentation and KTDA", "mmseg", "write_mmseg"),
    "coco": ("COCO polygons and run lengths", "coco", "write_coco"),
    "cog": ("masks of scenes as cloud-optimised GeoTIFF", "cog", "write_cogs"),
    "gpkg": ("areas as GeoPackage", "areas", "write_geopackage"),
    "geojson": ("areas as GeoJSON", "areas", "write_geojson"),
    "geoparquet": ("areas as GeoParquet", "areas", "write_geoparquet"),
    "hf": ("Parquet of Hugging Face datasets", "huggingface", "write_huggingface"),
    "stac": ("STAC with the label extension", "stac", "write_stac"),
}
"""What each format is, and the module and function that write it."""


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
    _, module, name = FORMATS[form]
    write = getattr(importlib.import_module(f"napari_rsseg.datasets.exports.{module}"), name)
    with written_folder(folder.absolute().parent) as draft, output_errors(folder):
        notes: tuple[str, ...] = write(version, draft, on_progress)
        for file in (CARD, "README.md"):
            shutil.copyfile(version.folder / file, draft / file)
        draft.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    return notes
