"""A scene that is no longer where it was, looked for in folders nearby."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from napari_rsseg.errors import SceneError
from napari_rsseg.project.scene_entry import is_file
from napari_rsseg.scenes.opening import open_scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_rsseg.project.scene_entry import SceneEntry

__all__ = ["find_moved"]

_DEPTH = 3
_MOST_FILES = 20_000


def find_moved(entry: SceneEntry, root: Path) -> Path | None:
    """Look for a scene by its fingerprint in the folders around its old place and around the project.

    Parameters
    ----------
    entry : SceneEntry
        The scene.
    root : Path
        The project folder.

    Returns
    -------
    Path or None
        Where it is now; None where no file nearby is the same.
    """
    if not is_file(entry.uri):
        return None
    seen: set[Path] = set()
    for folder in _folders(entry, root):
        for path in islice(_candidates(folder, entry, root, _DEPTH), _MOST_FILES):
            if path not in seen and _is_same(path, entry):
                return path
            seen.add(path)
    return None


def _folders(entry: SceneEntry, root: Path) -> list[Path]:
    """Return where to look, nearest first; never a whole disk."""
    old = Path(entry.uri)
    near = [old.parent, root, root.parent, old.parent.parent, Path(entry.facts.place).parent]
    return [folder for folder in dict.fromkeys(near) if folder.is_dir() and folder != Path(folder.anchor)]


def _candidates(folder: Path, entry: SceneEntry, root: Path, depth: int) -> Iterator[Path]:
    """Yield files of the scene's size, and folders of its name, some levels deep."""
    inner = []
    try:
        for path in sorted(folder.iterdir()):
            if path.is_dir():
                inner.append(path)
                if entry.facts.bytes is None and path.name == Path(entry.uri).name:
                    yield path
            elif entry.facts.bytes is not None and path.stat().st_size == entry.facts.bytes:
                yield path
    except OSError:  # a folder of somebody else is none in which to look
        return
    for path in inner if depth > 1 else []:
        if path != root and path.suffix != ".zarr":
            yield from _candidates(path, entry, root, depth - 1)


def _is_same(path: Path, entry: SceneEntry) -> bool:
    try:
        scene = open_scene(path)
    except SceneError:
        return False
    try:
        return scene.fingerprint == entry.fingerprint or entry.is_copy(scene)
    finally:
        scene.close()
