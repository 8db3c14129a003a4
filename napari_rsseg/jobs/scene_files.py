"""Which scenes the words on a command line, or the folder chosen in a dock, mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_rsseg.errors import SceneError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SCENE_SUFFIXES", "expand_scenes"]

SCENE_SUFFIXES = (".tif", ".tiff", ".jp2", ".vrt", ".img", ".png", ".jpg", ".jpeg", ".bmp", ".nc", ".zip")
_OWN_ENDINGS = ("", "_confidence", "_probabilities")


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://", "synthetic:"))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # no system takes such a name; whoever opens it says why
        return False


def _is_product(folder: Path) -> bool:
    """Whether a folder is one scene: a Sentinel-2 or Landsat product."""
    return any(next(folder.glob(pattern), None) for pattern in ("MTD_MSI*.xml", "*_MTL.txt", "*_MTL.xml"))


def expand_scenes(words: Sequence[str], task: str) -> list[str]:
    """Return the scenes that the words name, each once; a plain folder stands for the rasters in it.

    Results of an earlier run, ``<stem>_<task>.tif`` and the like beside their scene, are left out.

    Raises
    ------
    SceneError
        When a folder holds no raster.
    """
    scenes: list[str] = []
    for word in words:
        folder = Path(word)
        if _is_address(word) or not _is_folder(folder) or _is_product(folder):
            scenes.append(word)
            continue
        paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SCENE_SUFFIXES]
        stems = {path.stem for path in paths}
        results = {f"{stem}_{task}{ending}" for stem in stems for ending in _OWN_ENDINGS}
        found = [str(path) for path in paths if path.stem not in results]
        found += [str(path) for path in sorted(folder.glob("*.SAFE"))]
        if not found:
            raise SceneError(f"{folder} holds no raster.", "Name a folder with GeoTIFFs, or a file.")
        scenes += found
    return list(dict.fromkeys(scenes))
