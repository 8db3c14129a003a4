"""Sessions of scenes, opened for as long as their labels are read or taken."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from napari_rsseg.editing import Session, open_session
from napari_rsseg.project import SceneEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_rsseg.project import Project

__all__ = ["SessionOf", "sessions_of"]

SessionOf = Callable[[SceneEntry], AbstractContextManager[Session]]
"""Gives the session of a scene; with it, what only the journal holds."""


def sessions_of(project: Project) -> SessionOf:
    """Return what opens sessions of a project, and closes them again.

    A program that has sessions open gives those instead: a scene has one at a time.
    """
    return partial(_opened, project)


@contextmanager
def _opened(project: Project, entry: SceneEntry) -> Iterator[Session]:
    session, _ = open_session(project, entry)
    try:
        yield session
    finally:
        session.close()
