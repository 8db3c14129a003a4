"""Projects nobody asked for: where edits of a scene without a project are kept, in the user's cache."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from napari_rsseg.errors import ProjectError
from napari_rsseg.project.project import Project
from napari_rsseg.project.project_file import FILE_NAME, read_settings
from napari_rsseg.settings import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.scenes.scene import Scene

__all__ = ["implicit_folder", "implicit_folders", "open_implicit"]


def implicit_folder(fingerprint: str, scheme: Scheme, *, base: Path | None = None) -> Path:
    """Return where edits of a scene under a scheme lie without a project; need not exist.

    Schemes of one name and other classes get folders of their own.

    Parameters
    ----------
    fingerprint : str
        Of the scene.
    scheme : Scheme
        The classes.
    base : Path, optional
        Folder of such projects; default: in the user's cache.
    """
    base = base or _base()
    for number in count(1):
        folder = base / (f"{fingerprint}-{scheme.name}" + ("" if number == 1 else f"-{number}"))
        if not (folder / FILE_NAME).exists() or read_settings(folder).scheme.names == scheme.names:
            return folder
    raise AssertionError("there is always a next number")


def implicit_folders(fingerprint: str) -> tuple[Path, ...]:
    """Return the folders in which edits of a scene lie without a project, one per scheme."""
    return tuple(path.parent for path in sorted(_base().glob(f"{fingerprint}-*/{FILE_NAME}")))


def open_implicit(scene: Scene, scheme: Scheme, *, base: Path | None = None) -> Project:
    """Open the project of a scene that has none of its own, made on the first use.

    Parameters
    ----------
    scene : Scene
        Added to it where it is new.
    scheme : Scheme
        The classes of its labels.
    base : Path, optional
        Folder of such projects; default: in the user's cache.

    Returns
    -------
    Project
        Open only to read where another program edits the same scene without a project.

    Raises
    ------
    OutputError
        When the cache cannot be written.
    ProjectError
        When what lies there is damaged.
    """
    folder = implicit_folder(scene.fingerprint, scheme, base=base)
    if (folder / FILE_NAME).exists():
        project = Project.open(folder)
    else:
        try:
            project = Project.create(folder, name=f"{scheme.name} without a project", scheme=scheme)
        except ProjectError:
            project = Project.open(folder)  # another program was faster
    if not project.is_read_only:
        project.add_scene(scene)
    return project


def _base() -> Path:
    return cache_folder() / "projects"
