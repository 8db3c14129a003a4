"""Arrays of few values as runs: what a stroke changed takes bytes, not pixels."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.errors import ProjectError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["pack", "unpack"]

_HEAD = struct.Struct("<BI")
_CONSTANT, _RUNS, _DEFLATED = range(3)
_LENGTH = np.dtype("<u4")
_RUNS_BYTES = 2048
"""Up to this size runs are stored as they are; where more are needed, deflate does better."""


def pack(values: npt.NDArray[Any]) -> bytes:
    """Return values of a one-dimensional array of unsigned integers as bytes, without their number."""
    starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1]))) if values.size else values
    if len(starts) <= 1:
        return _HEAD.pack(_CONSTANT, int(values[0]) if values.size else 0)
    size = len(starts) * (_LENGTH.itemsize + values.itemsize)
    if size <= max(_RUNS_BYTES, values.nbytes // 16):
        lengths = np.diff(starts, append=values.size).astype(_LENGTH)
        return _HEAD.pack(_RUNS, len(starts)) + lengths.tobytes() + _little(values[starts]).tobytes()
    deflated = zlib.compress(_little(values).tobytes(), 1)
    return _HEAD.pack(_DEFLATED, len(deflated)) + deflated


def unpack(source: bytes, offset: int, count: int, dtype: npt.DTypeLike) -> tuple[npt.NDArray[Any], int]:
    """Return ``count`` values packed at an offset, and the offset behind them.

    Raises
    ------
    ProjectError
        When the bytes do not hold so many values.
    """
    wanted = np.dtype(dtype).newbyteorder("<")
    try:
        kind, number = _HEAD.unpack_from(source, offset)
        offset += _HEAD.size
        if kind == _CONSTANT:
            return np.full(count, number, dtype=dtype), offset
        if kind == _RUNS:
            lengths = np.frombuffer(source, _LENGTH, number, offset)
            offset += lengths.nbytes
            values = np.frombuffer(source, wanted, number, offset)
            return _checked(np.repeat(values, lengths).astype(dtype), count), offset + values.nbytes
        raw = zlib.decompress(source[offset : offset + number])
        return _checked(np.frombuffer(raw, wanted).astype(dtype), count), offset + number
    except (struct.error, zlib.error, ValueError) as error:
        raise ProjectError(
            f"A packed array cannot be read ({error}).", "Run 'napari-rsseg project check' on the project."
        ) from error


def _checked(values: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    if len(values) != count:
        raise ValueError(f"{len(values)} values instead of {count}")
    return values


def _little(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return values.astype(values.dtype.newbyteorder("<"), copy=False)
