"""Files appear whole or not at all: written beside their target under another name, then renamed."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from napari_rsseg.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["output_errors", "refuse_existing", "replacing"]


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Check that a file may be written, before work is spent on it.

    Raises
    ------
    OutputError
        When the file exists and must not be replaced, is a folder, or no disk takes its name.
    """
    with output_errors(path):
        if path.is_dir():
            raise OutputError(f"{path} is a folder.", "Name a file.")
        if path.exists() and not overwrite:
            raise OutputError(
                f"{path} exists already.", "Use --overwrite to replace it, or name another file."
            )


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn what the system says about a file that cannot be written into a sentence.

    Raises
    ------
    OutputError
        With the file and its remedy.
    """
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        remedy = {
            errno.ENOSPC: "Free space on that disk, or write elsewhere (command line: --out).",
            errno.EDQUOT: "Free space in your quota, or write elsewhere (command line: --out).",
            errno.ENAMETOOLONG: "Choose a shorter file name.",
        }.get(error.errno or 0, "Choose a folder in which you may write (command line: --out).")
        raise OutputError(f"{path} cannot be written ({error.strerror or error}).", remedy) from error


@contextmanager
def replacing(path: Path, *, overwrite: bool, named: Path | None = None) -> Iterator[Path]:
    """Give a name beside ``path`` to write to; on success it takes the place of ``path``, else it is removed.

    Parameters
    ----------
    path : Path
        The file to make; its folder is created.
    overwrite : bool
        Whether an existing file may be replaced.
    named : Path, optional
        The file that errors name, where ``path`` is only a part of it.

    Yields
    ------
    Path
        An empty file, of a short name so that the longest target name still fits, with the target's suffix.

    Raises
    ------
    OutputError
        When the file exists, or the folder, the disk or the name refuse it.
    """
    with output_errors(named or path):
        refuse_existing(path, overwrite=overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".rsseg-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            _settle(temporary)
            refuse_existing(path, overwrite=overwrite)
            temporary.replace(path)
        finally:
            for remainder in temporary.parent.glob(f"{temporary.name}*"):  # databases keep journals beside
                remainder.unlink(missing_ok=True)


def _settle(temporary: Path) -> None:
    """Force the bytes to the disk and give the file the permissions a plain ``open`` would."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    mask = os.umask(0)
    os.umask(mask)
    temporary.chmod(0o666 & ~mask)
