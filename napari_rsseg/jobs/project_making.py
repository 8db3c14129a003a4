"""A project made from files: each is added or named with what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.errors import RssegError
from napari_rsseg.jobs.project_takeover import TakenOver, take_over
from napari_rsseg.scenes.opening import open_scene

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from napari_rsseg.project import Project, SceneEntry

__all__ = ["AddedScene", "add_scenes"]


@dataclass(frozen=True)
class AddedScene:
    """What came of one file.

    Attributes
    ----------
    uri : str
        The file, folder or address.
    entry : SceneEntry or None
        The scene in the project; None where it could not be added.
    problem : str
        Why not, with a remedy; empty where it was added.
    taken_over : TakenOver or None
        Labels painted before there was a project, which it has now.
    """

    uri: str
    entry: SceneEntry | None
    problem: str = ""
    taken_over: TakenOver | None = None


def add_scenes(project: Project, uris: Iterable[str]) -> Iterator[AddedScene]:
    """Add scenes one by one, with the labels painted on them before; those that cannot be read are said.

    Parameters
    ----------
    project : Project
        Open to write.
    uris : iterable of str
        Files, product folders or addresses.

    Yields
    ------
    AddedScene
        One per scene, as soon as it is done.

    Raises
    ------
    ProjectError
        When the project is open only to read.
    """
    project.require_writable()
    for uri in uris:
        try:
            scene = open_scene(uri)
            try:
                entry = project.add_scene(scene)
            finally:
                scene.close()
            yield AddedScene(uri, entry, taken_over=take_over(project, entry))
        except RssegError as error:
            yield AddedScene(uri, None, str(error))
