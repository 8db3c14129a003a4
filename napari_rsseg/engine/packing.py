"""Arrays on their way between processes: compressed, never pickled as objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["PackedArray"]


@dataclass(frozen=True)
class PackedArray:
    """An array, compressed without loss.

    Attributes
    ----------
    shape : tuple of int
        Its shape.
    dtype : str
        Its numpy dtype.
    data : bytes
        Blosc with zstd and byte shuffle.
    """

    shape: tuple[int, ...]
    dtype: str
    data: bytes

    @classmethod
    def of(cls, array: npt.NDArray[np.generic]) -> PackedArray:
        """Compress an array."""
        from numcodecs import Blosc

        codec = Blosc(cname="zstd", clevel=1, shuffle=Blosc.SHUFFLE)
        return cls(array.shape, array.dtype.str, bytes(codec.encode(np.ascontiguousarray(array))))

    def unpacked(self) -> npt.NDArray[np.generic]:
        """Return the array."""
        from numcodecs import Blosc

        return np.frombuffer(Blosc().decode(self.data), dtype=self.dtype).reshape(self.shape).copy()
