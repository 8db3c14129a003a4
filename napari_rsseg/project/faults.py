"""What the system, SQLite and Zarr say about a project folder, as sentences with a remedy."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari_rsseg.errors import OutputError, ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["catalogue_faults", "label_faults", "require_present", "unreadable_labels", "writing_faults"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def writing_faults(path: Path) -> Iterator[None]:
    """Say why something in a project folder cannot be written.

    Raises
    ------
    OutputError
        When the disk is full, the folder is gone, or may not be written.
    """
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise _cannot_write(path, error) from error


def require_present(path: Path) -> None:
    """Check that a file or folder is still there, where writing would make it anew and hide the loss.

    Raises
    ------
    OutputError
        When it is gone: a disk was detached, or somebody moved the project.
    """
    if not path.exists():
        raise _cannot_write(path, FileNotFoundError(errno.ENOENT, "gone"))


def _cannot_write(path: Path, error: OSError) -> OutputError:
    if error.errno in _FULL:
        return OutputError(
            f"{path} cannot be written: the disk or your share of it is full.",
            "Free some space and do it again: what was saved before is whole.",
        )
    if error.errno == errno.ENOENT:
        return OutputError(
            f"{path} cannot be written: its folder is gone.",
            "Put the project folder back where it was, or attach its disk again.",
        )
    return OutputError(
        f"{path} cannot be written ({error.strerror or error}).",
        "Change the permissions of the project folder, or copy it to where you may write.",
    )


@contextmanager
def label_faults(path: Path) -> Iterator[None]:
    """Say what is wrong with a label store that cannot be read.

    Raises
    ------
    ProjectError
        When a chunk or its description is damaged or missing.
    """
    try:
        yield
    except (ValueError, KeyError, RuntimeError, OSError) as error:  # whatever codecs say of strange bytes
        raise unreadable_labels(path, error) from error


def unreadable_labels(path: Path, error: Exception) -> ProjectError:
    """Say that labels are damaged, and what to do."""
    return ProjectError(
        f"The labels in {path} cannot be read ({error}).",
        "See what is damaged with napari-rsseg project check DIR, and repair it with project repair DIR.",
    )


@contextmanager
def catalogue_faults(path: Path) -> Iterator[None]:
    """Say what is wrong with a catalogue.

    Raises
    ------
    OutputError
        When the disk is full, or the catalogue may not be written.
    ProjectError
        When it is damaged, used by another program for long, or gone.
    """
    try:
        yield
    except sqlite3.IntegrityError:
        raise  # a defect of the caller, not of the file
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise _cannot_write(path, OSError(errno.ENOSPC, str(error))) from error
        if code == sqlite3.SQLITE_READONLY:
            raise _cannot_write(path, OSError(errno.EROFS, str(error))) from error
        if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and not path.exists():
            raise _cannot_write(path, OSError(errno.ENOENT, str(error))) from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise ProjectError(
                f"The catalogue {path} is damaged ({error}).",
                "Keep what is whole with napari-rsseg project repair DIR.",
            ) from error
        raise ProjectError(
            f"The catalogue {path} cannot be used ({error}).",
            "Close other programs that use it, check the disk, and try again.",
        ) from error
