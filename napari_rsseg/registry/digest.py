"""The digest that names a weight file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from napari_rsseg.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["sha256_of"]


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's bytes, 64 hexadecimal digits.

    Raises
    ------
    ModelError
        When the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read ({error.strerror}).", "Check that the file exists and may be read."
        ) from None
