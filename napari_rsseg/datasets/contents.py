"""Folders named by what they hold: a list of files with their digests, and the digest of that list."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from napari_rsseg.errors import DatasetError
from napari_rsseg.scenes.replacing import output_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CONTENTS", "check_contents", "settle_folder", "written_folder"]

CONTENTS = "contents.sha256"
"""The list, in the form of ``sha256sum``: ``sha256sum -c contents.sha256`` verifies the folder."""
_PIECE = 1 << 20


@contextmanager
def written_folder(parent: Path) -> Iterator[Path]:
    """Give an empty folder inside ``parent`` to fill; it is removed unless it was renamed meanwhile.

    Raises
    ------
    OutputError
        When the disk is full or cannot be written.
    """
    with output_errors(parent):
        parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".rsseg-", dir=parent))
        try:
            yield draft
        finally:
            if draft.exists():
                shutil.rmtree(draft)


def settle_folder(draft: Path) -> Path:
    """List the contents of a folder, make them unchangeable and give the folder its name.

    Returns
    -------
    Path
        Beside ``draft``, named by the SHA-256 of the list; where it was there already, that one.

    Raises
    ------
    OutputError
        When the disk is full or cannot be written.
    """
    with output_errors(draft):
        files = sorted(path for path in draft.rglob("*") if path.is_file())
        lines = [f"{_digest(path)}  {path.relative_to(draft).as_posix()}\n" for path in files]
        listing = draft / CONTENTS
        listing.write_text("".join(lines), encoding="utf-8")
        target = draft.with_name(_digest(listing))
        if target.is_dir():
            return target
        mask = os.umask(0)
        os.umask(mask)
        for path in (*files, listing):
            _flush(path)
            path.chmod(0o444 & ~mask)
        folders = [path for path in draft.rglob("*") if path.is_dir()]
        for folder in (*folders, draft):
            folder.chmod(0o777 & ~mask)
            _flush(folder)
        draft.rename(target)
        _flush(target.parent)
        return target


def check_contents(folder: Path) -> None:
    """Compare a folder with its list and its name.

    Raises
    ------
    DatasetError
        With all files that are missing, changed or do not belong there.
    """
    listing = folder / CONTENTS
    if not listing.is_file():
        raise DatasetError(f"{folder} has no list of contents.", "Make the version anew.")
    problems = [] if _digest(listing) == folder.name else [f"{CONTENTS} is not the one that names the folder"]
    listed: dict[str, str] = {}
    for line in listing.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    problems += [f"{name} is missing" for name in sorted(listed.keys() - there)]
    problems += [f"{name} does not belong there" for name in sorted(there - listed.keys() - {CONTENTS})]
    problems += [
        f"{name} was changed"
        for name in sorted(listed.keys() & there)
        if _digest(folder / name) != listed[name]
    ]
    if problems:
        raise DatasetError(
            f"{folder} is not what it was: {'; '.join(problems)}.", "Make the version anew, or copy it again."
        )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    """Force a file, or the names in a folder, to the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
