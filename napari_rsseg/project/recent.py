"""Projects that were opened lately, for the start page."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from napari_rsseg.project.project_file import FILE_NAME
from napari_rsseg.project.times import utc_now
from napari_rsseg.scenes.replacing import replacing
from napari_rsseg.settings import cache_folder, config_folder

if TYPE_CHECKING:
    from napari_rsseg.project.project import Project

__all__ = ["RecentProject", "forget_recent", "recent_projects", "remember_recent"]

_LOGGER = logging.getLogger(__name__)
_MOST = 20


class RecentProject(BaseModel):
    """A project as the start page lists it.

    Attributes
    ----------
    root : Path
        Its folder.
    name : str
        Its name.
    scheme : str
        Name of its classes.
    opened : str
        When it was opened last, ISO 8601 in UTC.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    root: Path
    name: str
    scheme: str
    opened: str

    @property
    def is_there(self) -> bool:
        """Whether its folder can be found now; disks come and go."""
        return (self.root / FILE_NAME).is_file()


class _Memory(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    projects: tuple[RecentProject, ...] = ()


def recent_projects() -> tuple[RecentProject, ...]:
    """Return the projects that were opened lately, newest first."""
    try:
        return _Memory.model_validate_json(_file().read_text(encoding="utf-8")).projects
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        _LOGGER.warning("recent projects are left aside: %s cannot be read (%s)", _file(), error)
        return ()


def remember_recent(project: Project) -> None:
    """Put a project at the head of the list; those in the cache, which nobody made, stay out.

    Raises
    ------
    OutputError
        When the settings folder cannot be written.
    """
    if project.root.is_relative_to(cache_folder().absolute()):
        return
    settings = project.settings
    first = RecentProject(
        root=project.root, name=settings.name, scheme=settings.scheme.name, opened=utc_now()
    )
    _write((first, *_others(project.root)))


def forget_recent(root: Path) -> None:
    """Take a project off the list; its folder stays as it is.

    Raises
    ------
    OutputError
        When the settings folder cannot be written.
    """
    _write(_others(root.absolute()))


def _others(root: Path) -> tuple[RecentProject, ...]:
    return tuple(entry for entry in recent_projects() if entry.root != root)


def _write(projects: tuple[RecentProject, ...]) -> None:
    with replacing(_file(), overwrite=True) as draft:
        draft.write_text(_Memory(projects=projects[:_MOST]).model_dump_json(indent=1), encoding="utf-8")


def _file() -> Path:
    return config_folder() / "recent-projects.json"
