"""Bytes of a TIFF file, read from several threads."""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING

from napari_rsseg.errors import SceneError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TiffBytes"]


class TiffBytes:
    """Random access to a file; thread-safe.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self._stream = path.open("rb", buffering=0)
        self._lock = threading.Lock()
        self._closing = weakref.finalize(self, self._stream.close)  # also when nobody calls close

    def read(self, offset: int, count: int) -> bytes:
        """Return exactly ``count`` bytes.

        Raises
        ------
        SceneError
            When the file ends before.
        """
        with self._lock:
            self._stream.seek(offset)
            data = self._stream.read(count)
        if data is None or len(data) != count:
            end = os.fstat(self._stream.fileno()).st_size
            raise SceneError(
                f"{self.path} ends at byte {end}, before byte {offset + count} of its pixels.",
                "Copy or download the file again.",
            )
        return data

    def close(self) -> None:
        """Close the file."""
        self._closing()
