"""``project.toml``: what a project is, as people read and write it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from napari_rsseg.classes.findings import sentences_of
from napari_rsseg.classes.scheme import ClassDefinition, Scheme
from napari_rsseg.classes.scheme_file import dump_scheme
from napari_rsseg.errors import ProjectError, SchemeError
from napari_rsseg.scenes.replacing import replacing

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "FILE_NAME",
    "FORMAT",
    "NewerVersionError",
    "Origin",
    "ProjectSettings",
    "read_settings",
    "write_settings",
]

FILE_NAME = "project.toml"
FORMAT = 1
"""Version of the folder's layout; a newer one is refused."""


class Origin(BaseModel):
    """Zero of the world in which all scenes of a project are shown.

    Attributes
    ----------
    x, y : float
        Map coordinates of the first scene's corner, in units of its reference system.
    crs_wkt : str or None
        That reference system; None: pixels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    x: float
    y: float
    crs_wkt: str | None = None


class ProjectSettings(BaseModel):
    """What ``project.toml`` holds.

    Attributes
    ----------
    name : str
        As lists of projects show it.
    id : str
        Tells which copies belong together; copies for annotators keep it.
    format : int
        Version of the folder's layout.
    created : str
        ISO 8601, UTC.
    annotator : str or None
        Who works in this copy; None: whoever is logged in.
    is_part : bool
        Whether this is a copy for one annotator, to be merged back.
    window_px : int
        Side of the windows that are reviewed and assigned, in pixels.
    origin : Origin or None
        Zero of the world; None before the first scene.
    scheme : Scheme
        The classes of all labels in the project.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    id: str
    format: Annotated[int, Field(ge=1)] = FORMAT
    created: str
    annotator: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] | None = None
    is_part: bool = False
    window_px: Annotated[int, Field(ge=64, le=8192)] = 512
    origin: Origin | None = None
    scheme: Scheme


def read_settings(root: Path) -> ProjectSettings:
    """Read the settings of a project folder.

    Raises
    ------
    ProjectError
        When the folder is no project, was made by a newer version, or the file is damaged.
    """
    path = root / FILE_NAME
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ProjectError(
            f"{root} is no project: it holds no {FILE_NAME}.",
            f"Make one: napari-rsseg project create {root}",
        ) from None
    except OSError as error:
        raise ProjectError(
            f"{path} cannot be read ({error.strerror or error}).", "Check the folder and its rights."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _damaged(path, [str(error)]) from error
    found = raw.get("format", FORMAT)
    if isinstance(found, int) and found > FORMAT:
        raise newer_version(root, "folder", found, FORMAT)
    try:
        return ProjectSettings(**raw)
    except ValidationError as error:
        inner = (*Scheme.model_fields, *ClassDefinition.model_fields)
        raise _damaged(path, sentences_of(error, ProjectSettings.model_fields, inner)) from error
    except SchemeError as error:
        raise _damaged(path, [error.found]) from error


def write_settings(root: Path, settings: ProjectSettings) -> None:
    """Write the settings whole or not at all, and a copy of them to ``backups/``.

    Raises
    ------
    OutputError
        When the folder cannot be written.
    """
    import tomlkit

    document = tomlkit.document()
    for key, value in settings.model_dump(exclude={"scheme"}, exclude_none=True).items():
        document[key] = value
    document["scheme"] = tomlkit.parse(dump_scheme(settings.scheme))
    for path in (root / "backups" / FILE_NAME, root / FILE_NAME):
        with replacing(path, overwrite=True) as draft:
            draft.write_text(tomlkit.dumps(document), encoding="utf-8")


class NewerVersionError(ProjectError):
    """A project was made by a newer version of this software, so that this one must not touch it."""


def newer_version(root: Path, what: str, found: int, known: int) -> NewerVersionError:
    """Say by which version a project was made, and which one this software knows."""
    return NewerVersionError(
        f"The project {root} was made by a newer version ({what} format {found}; this one knows {known}).",
        "Update napari-rsseg to open it.",
    )


def _damaged(path: Path, problems: list[str]) -> ProjectError:
    return ProjectError(
        f"{path} is not valid: {'; '.join(problems)}.",
        "Correct the file, or put back a copy of it.",
    )
