"""What a journal file holds, entry by entry, and what of it is damaged."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from napari_rsseg.editing.record import Record
from napari_rsseg.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["FRAME", "MAGIC", "MARK", "Damage", "check_journal", "framed", "read_journal", "read_record"]

MAGIC = b"RSSEGJ1\n"
"""How a journal begins; the digit is its version."""
MARK = b"\xa5RSJ"
"""How each entry begins, so that the next one is found behind a damaged one."""
FRAME = struct.Struct("<4sII")
"""Mark, length and CRC-32 of the body that follows."""
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Damage:
    """Bytes of a journal that are no whole entry.

    Parameters
    ----------
    start, stop : int
        Half-open range of bytes in the file.
    is_tail : bool
        Whether nothing whole follows: an entry that was cut short by a crash or a power cut.
    """

    start: int
    stop: int
    is_tail: bool

    def __str__(self) -> str:
        if self.is_tail:
            return f"bytes {self.start} to {self.stop}: the last entry was cut short"
        return f"bytes {self.start} to {self.stop}: damaged; what follows is whole"


def framed(body: bytes) -> bytes:
    """Return an entry as it lies in the file."""
    return FRAME.pack(MARK, len(body), zlib.crc32(body)) + body


def read_journal(path: Path) -> Iterator[Record | Damage]:
    """Yield entries in order, and the damaged places between and behind them.

    Raises
    ------
    ProjectError
        When the file cannot be read, or is of another version.
    """
    try:
        with path.open("rb") as file:
            yield from _read(file, path)
    except OSError as error:
        raise ProjectError(
            f"The journal {path} cannot be read ({error.strerror or error}).",
            "Make the project's folder readable, or bring it back from a copy.",
        ) from error


def _read(file: BinaryIO, path: Path) -> Iterator[Record | Damage]:
    size = file.seek(0, 2)
    place = len(MAGIC)
    file.seek(0)
    head = file.read(place)
    if head != MAGIC and size:
        following = _next_whole(file, 1, size)
        if following is None and len(head) == place and (head[:6], head[7:]) == (MAGIC[:6], MAGIC[7:]):
            raise ProjectError(
                f"{path} is a journal of version {head[6:7].decode(errors='replace')}.",
                "Update napari-rsseg to the version that wrote it.",
            )
        yield Damage(0, size if following is None else following, following is None)
        place = size if following is None else following
    while place < size:
        record = read_record(file, place)
        if record is not None:
            yield record
            place = record.stop
            continue
        following = _next_whole(file, place + 1, size)
        yield Damage(place, size if following is None else following, following is None)
        place = size if following is None else following


def read_record(file: BinaryIO, place: int) -> Record | None:
    """Return the entry that begins at a place of the file; None where no whole one does."""
    file.seek(place)
    frame = file.read(FRAME.size)
    if len(frame) < FRAME.size:
        return None
    mark, length, checksum = FRAME.unpack(frame)
    if mark != MARK:
        return None
    body = file.read(length)
    if len(body) < length or zlib.crc32(body) != checksum:
        return None
    return Record.from_bytes(body, place, file.tell())


def _next_whole(file: BinaryIO, place: int, size: int) -> int | None:
    """Return where the next whole entry begins."""
    while place < size:
        file.seek(place)
        chunk = file.read(_CHUNK)
        found = chunk.find(MARK)
        if found < 0:
            place += max(1, len(chunk) - len(MARK) + 1)
        elif read_record(file, place + found) is not None:
            return place + found
        else:
            place += found + 1
    return None


def check_journal(path: Path) -> tuple[Damage, ...]:
    """Return the damaged places of a journal: none where it is whole.

    Raises
    ------
    ProjectError
        When the file cannot be read, or is of another version.
    """
    return tuple(found for found in read_journal(path) if isinstance(found, Damage))
