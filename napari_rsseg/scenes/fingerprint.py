"""A short digest that tells whether a file is still the one that was predicted or labelled."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["fingerprint_of", "fingerprint_of_files", "fingerprint_of_product", "fingerprint_of_text"]

_HEADER_BYTES = 65_536
_SAMPLE_BYTES = 16_384
_SAMPLES = 16


def fingerprint_of(path: Path) -> str:
    """Return the digest of a file: size, time of change, header, and pieces spread evenly over it."""
    return fingerprint_of_files([path])


def fingerprint_of_files(paths: Iterable[Path]) -> str:
    """Return one digest of several files, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        stat = path.stat()
        digest.update(f"{stat.st_size} {stat.st_mtime_ns};".encode())
        with path.open("rb") as stream:
            digest.update(stream.read(_HEADER_BYTES))
            for index in range(1, _SAMPLES + 1):
                stream.seek(max(stat.st_size - _SAMPLE_BYTES, 0) * index // _SAMPLES)
                digest.update(stream.read(_SAMPLE_BYTES))
    return digest.hexdigest()


def fingerprint_of_product(root: Path, names: list[str], metadata: list[str]) -> str:
    """Return the digest of a product: an archive as one file, a folder by names, sizes and metadata."""
    if root.is_file():
        return fingerprint_of(root)
    stats = [(name, (root / name).stat()) for name in names]
    listing = ";".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats)
    return fingerprint_of_text(listing + fingerprint_of_files([root / name for name in metadata]))


def fingerprint_of_text(text: str) -> str:
    """Return the digest of a description, for what is no file on this machine."""
    return hashlib.sha256(text.encode()).hexdigest()
