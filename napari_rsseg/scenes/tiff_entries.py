"""Image file directories of TIFF: entries to bytes, little-endian, classic or BigTIFF."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Entry", "Flavour", "directory_size", "encode_directory", "geo_entries"]

EntryKind = Literal["ascii", "short", "long", "double", "offset"]
_CODES: dict[EntryKind, int] = {"ascii": 2, "short": 3, "long": 4, "double": 12}
_DTYPES: dict[EntryKind, str] = {"short": "<u2", "long": "<u4", "double": "<f8"}
_GEO_KINDS: dict[int, EntryKind] = {
    33550: "double", 33922: "double", 34264: "double", 34735: "short", 34736: "double", 34737: "ascii",
}  # fmt: skip


@dataclass(frozen=True)
class Flavour:
    """Classic TIFF reaches 4 GiB, BigTIFF beyond."""

    big: bool

    @property
    def header_size(self) -> int:
        """Bytes before the first directory."""
        return 16 if self.big else 8

    @property
    def offset_dtype(self) -> str:
        """Of file offsets."""
        return "<u8" if self.big else "<u4"

    def header(self) -> bytes:
        """Return the first bytes of a file whose first directory follows at once."""
        if self.big:
            return b"II" + struct.pack("<HHHQ", 43, 8, 0, self.header_size)
        return b"II" + struct.pack("<HI", 42, self.header_size)


@dataclass(frozen=True)
class Entry:
    """One tag of a directory: number, kind and values (text for ``ascii``)."""

    tag: int
    kind: EntryKind
    values: Sequence[float] | str

    def payload(self, flavour: Flavour) -> tuple[int, int, bytes]:
        """Return type code, count and bytes."""
        if isinstance(self.values, str):
            text = self.values.encode("utf-8") + b"\0"
            return _CODES["ascii"], len(text), text
        if self.kind == "offset":
            code = 16 if flavour.big else 4
            return code, len(self.values), np.asarray(self.values, dtype=flavour.offset_dtype).tobytes()
        array = np.asarray(self.values, dtype=_DTYPES[self.kind])
        return _CODES[self.kind], array.size, array.tobytes()


def directory_size(entries: Sequence[Entry], flavour: Flavour) -> int:
    """Return how many bytes a directory and its long values take."""
    return len(encode_directory(entries, flavour, start=0, following=0))


def encode_directory(entries: Sequence[Entry], flavour: Flavour, *, start: int, following: int) -> bytes:
    """Encode a directory with its long values behind it.

    Parameters
    ----------
    entries : sequence of Entry
        In any order, each tag once.
    flavour : Flavour
        Of the file.
    start : int
        Where in the file the directory will stand.
    following : int
        Where the next directory will stand; 0: this is the last.
    """
    slot = 8 if flavour.big else 4
    count_format, entry_format, next_format = ("<Q", "<HHQ", "<Q") if flavour.big else ("<H", "<HHI", "<I")
    table_size = (
        struct.calcsize(count_format) + len(entries) * (struct.calcsize(entry_format) + slot)
        + struct.calcsize(next_format)
    )  # fmt: skip
    table, values = bytearray(struct.pack(count_format, len(entries))), bytearray()
    for entry in sorted(entries, key=lambda entry: entry.tag):
        code, count, payload = entry.payload(flavour)
        table += struct.pack(entry_format, entry.tag, code, count)
        if len(payload) <= slot:
            table += payload.ljust(slot, b"\0")
        else:
            table += np.asarray(start + table_size + len(values), dtype=flavour.offset_dtype).tobytes()
            values += payload + b"\0" * (len(payload) % 2)
    table += struct.pack(next_format, following)
    padding = b"\0" * ((len(table) + len(values)) % 2)
    return bytes(table + values + padding)


def geo_entries(tags: Mapping[int, tuple[float | int | str, ...]]) -> list[Entry]:
    """Return the entries that repeat raw GeoTIFF tags unchanged."""
    entries = []
    for tag, values in sorted(tags.items()):
        kind = _GEO_KINDS.get(tag)
        if kind == "ascii":
            entries.append(Entry(tag, kind, "".join(str(value) for value in values)))
        elif kind is not None:
            entries.append(Entry(tag, kind, [float(value) for value in values]))
    return entries
