"""Pickles of torch files carried out with nothing but tensors to make: every other name is an empty shell."""

from __future__ import annotations

import io
import math
import pickle
import struct
import zipfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import torch

from napari_rsseg.checkpoints.survey import PickleRefusedError, survey

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

__all__ = ["TENSOR_NAMES", "StoredTensor", "names_in_legacy", "names_in_zip", "read_legacy", "read_zip"]

_LONGEST_PICKLE = 256_000_000
_HOLLOW = (
    "meta_tensor_no_storage", "sparse_tensor", "sparse_csr_tensor", "qtensor", "nested_tensor",
    "wrapper_subclass", "device_tensor_from_numpy", "device_tensor_from_cpu_tensor",
)  # fmt: skip
_LEGACY_PICKLES = 5  # magic number, version, facts of the system, content, keys of the storages
_PICKLE = "data.pkl"
_DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


class _Shell:
    """Stands for any object of a file: takes whatever a pickle does to it and does nothing."""

    def __new__(cls, *_: object, **__: object) -> _Shell:
        return object.__new__(cls)

    def __setstate__(self, state: object) -> None:
        """Drop the state."""

    def __setitem__(self, key: object, value: object) -> None:
        """Drop the item."""

    def append(self, value: object) -> None:
        """Drop the value."""

    def extend(self, values: object) -> None:
        """Drop the values."""

    def add(self, value: object) -> None:
        """Drop the value."""


class _Pairs(dict[Any, Any]):
    """A dict in order that takes no other state."""

    def __setstate__(self, state: object) -> None:
        """Drop the state."""


@dataclass
class _Storage:
    """Numbers of a file, read when a tensor asks for them."""

    dtype: torch.dtype
    key: str
    numbers: int
    archive: zipfile.ZipFile | None = None
    folder: str = ""
    content: bytearray | None = None

    @property
    def size(self) -> int:
        return self.numbers * self.dtype.itemsize

    def read(self) -> bytearray:
        """Read the numbers out of a zip file.

        Raises
        ------
        PickleRefusedError
            They are missing, or not as many as claimed.
        """
        if self.archive is None:
            raise PickleRefusedError(f"storage {self.key} is missing")
        member = self.archive.getinfo(f"{self.folder}data/{self.key}")
        if member.file_size != self.size or member.compress_type != zipfile.ZIP_STORED:
            raise PickleRefusedError(f"storage {self.key} does not have the size it claims")
        return bytearray(self.archive.read(member))


@dataclass
class StoredTensor:
    """A tensor of a file before its numbers are read."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def __setstate__(self, state: object) -> None:
        """Drop the state."""

    @property
    def is_whole(self) -> bool:
        """Whether as many numbers are stored as the tensor has."""
        return math.prod(self.shape) <= self.storage.numbers

    def tensor(self) -> Tensor:
        """Read the numbers.

        Raises
        ------
        PickleRefusedError
            The file does not hold them where the tensor says.
        """
        content = self.storage.read() if self.storage.content is None else self.storage.content
        self.storage.content = content
        if not content:
            return torch.empty(self.shape, dtype=self.storage.dtype)
        numbers = torch.frombuffer(content, dtype=self.storage.dtype)
        return numbers.as_strided(self.shape, self.strides, self.offset)


def _counts(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple | list) or not all(type(value) is int and value >= 0 for value in values):
        raise PickleRefusedError("a tensor has no shape")
    return tuple(values)


def _tensor(storage: object, offset: object, shape: object, strides: object, *_: object) -> object:
    if not isinstance(storage, _Storage):
        return _Shell()
    return StoredTensor(storage, _counts([offset])[0], _counts(shape), _counts(strides))


def _typed_tensor(storage: object, *words: Any) -> object:
    if isinstance(storage, _Storage) and len(words) > 5 and isinstance(words[5], torch.dtype):
        itemsize = words[5].itemsize
        storage = _Storage(
            words[5], storage.key, storage.size // itemsize, storage.archive, storage.folder, storage.content
        )
    return _tensor(storage, *words)


def _hollow(*_: object) -> StoredTensor:
    """Return what stands for a tensor whose values are not stored one by one."""
    return StoredTensor(_Storage(torch.uint8, "", 0), 0, (1,), (1,))


def _first(value: object, *_: object) -> object:
    return value


_KNOWN: dict[tuple[str, str], Any] = {
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_tensor_v3"): _typed_tensor,
    ("torch._utils", "_rebuild_parameter"): _first,
    ("torch._utils", "_rebuild_parameter_with_state"): _first,
    **{("torch._utils", f"_rebuild_{kind}"): _hollow for kind in _HOLLOW},
    ("torch.nn.parameter", "Parameter"): _first,
    ("torch", "Size"): lambda *values: tuple(*values),
    ("torch.serialization", "_get_layout"): lambda *_: None,
    ("collections", "OrderedDict"): _Pairs,
    **{("torch", name): dtype for name, dtype in _DTYPES.items()},
    **{("torch", str(dtype).removeprefix("torch.")): dtype for dtype in _DTYPES.values()},
    ("torch.storage", "UntypedStorage"): torch.uint8,
    ("torch", "UntypedStorage"): torch.uint8,
}


TENSOR_NAMES = frozenset(
    {"collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter"}
    | {f"torch.{name}" for name in _DTYPES}
)
"""Names that torch's own reader of weights takes without asking."""


@dataclass
class _Storages:
    """Storages by key: each is one, however many tensors share it."""

    archive: zipfile.ZipFile | None = None
    folder: str = ""
    by_key: dict[str, _Storage] = field(default_factory=dict)

    def find(self, words: object) -> object:
        match words:
            case ("module", *_):  # a network that was stored whole, before 2020
                return _Shell
            case ("storage", torch.dtype() as dtype, str() as key, _, int() as numbers, *_) if numbers >= 0:
                found = self.by_key.setdefault(key, _Storage(dtype, key, numbers, self.archive, self.folder))
                if (found.dtype, found.numbers) == (dtype, numbers):
                    return found
        raise PickleRefusedError("it refers to something else than the numbers of a tensor")


class _Reader(pickle.Unpickler):
    """Carries a pickle out; the only things it can make are plain values, stored tensors and shells."""

    def __init__(self, stream: IO[bytes], storages: _Storages) -> None:
        super().__init__(stream, encoding="latin1")
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        """Return what makes a stored tensor, a dict for a dict, and a shell for everything else."""
        return _KNOWN.get((module, name), _Shell)

    def persistent_load(self, pid: object) -> object:
        """Return the storage that a tensor refers to, and a shell for a network's class."""
        return self._storages.find(pid)


def _carry_out(stream: IO[bytes], storages: _Storages) -> object:
    begin = stream.tell()
    survey(stream)
    stream.seek(begin)
    return _Reader(stream, storages).load()


def _folder(archive: zipfile.ZipFile) -> str:
    """Return the folder of an archive that holds torch's pickle.

    Raises
    ------
    PickleRefusedError
        There is none, or it is larger than any of weights.
    """
    pickles = [member for member in archive.infolist() if member.filename.endswith(_PICKLE)]
    if len(pickles) != 1 or pickles[0].file_size > _LONGEST_PICKLE:
        raise PickleRefusedError("it holds no pickle of torch")
    return pickles[0].filename.removesuffix(_PICKLE)


def _pickle_of(archive: zipfile.ZipFile) -> io.BytesIO:
    folder = _folder(archive)
    order = f"{folder}byteorder"
    if order in archive.namelist() and archive.read(order) != b"little":
        raise PickleRefusedError("its numbers are of a computer with another byte order")
    return io.BytesIO(archive.read(f"{folder}{_PICKLE}"))


def names_in_zip(archive: zipfile.ZipFile) -> set[str]:
    """Return the classes and functions that a zip file of ``torch.save`` names.

    Raises
    ------
    PickleRefusedError
        It holds no pickle of torch, or that does what no file of weights needs.
    """
    return survey(_pickle_of(archive)).names


def names_in_legacy(path: Path) -> set[str]:
    """Return the classes and functions that a file of ``torch.save`` from before 2020 names.

    Raises
    ------
    PickleRefusedError
        It does what no file of weights needs.
    """
    with path.open("rb") as stream:
        return {name for _ in range(_LEGACY_PICKLES) for name in survey(stream).names}


def read_zip(archive: zipfile.ZipFile) -> object:
    """Return what a zip file of ``torch.save`` holds, its tensors as `StoredTensor`, read while it is open.

    Raises
    ------
    PickleRefusedError
        It holds no pickle of torch, or that does what no file of weights needs.
    """
    return _carry_out(_pickle_of(archive), _Storages(archive, _folder(archive)))


def read_legacy(path: Path) -> object:
    """Return what a file of ``torch.save`` from before 2020 holds, its tensors as `StoredTensor`.

    Raises
    ------
    PickleRefusedError
        It is of another kind, cut off, or does what no file of weights needs.
    """
    storages = _Storages()
    with path.open("rb") as stream:
        *_, content, keys = [_carry_out(stream, storages) for _ in range(_LEGACY_PICKLES)]
        if not isinstance(keys, list) or set(keys) != storages.by_key.keys():
            raise PickleRefusedError("its list of storages is not that of its tensors")
        for key in keys:
            storage = storages.by_key[key]
            (numbers,) = struct.unpack("<q", stream.read(8))
            if numbers != storage.numbers or storage.size > path.stat().st_size:
                raise PickleRefusedError(f"storage {key} does not have the size it claims")
            storage.content = bytearray(stream.read(storage.size))
            if len(storage.content) != storage.size:
                raise PickleRefusedError("it is cut off")
    return content
