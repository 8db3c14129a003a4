"""Tensors out of strangers' weight files; nothing in a file can run."""

from __future__ import annotations

import lzma
import pickle
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from napari_rsseg.checkpoints.survey import PickleRefusedError, would_run
from napari_rsseg.checkpoints.unpickling import (
    TENSOR_NAMES,
    StoredTensor,
    names_in_legacy,
    names_in_zip,
    read_legacy,
    read_zip,
)
from napari_rsseg.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Checkpoint", "read_checkpoint", "read_tensors"]

_WRAPPERS = ("state_dict", "model", "model_state_dict", "model_state", "net")
_REMEDY = (
    "Take a .safetensors file, or a file of tensors written by torch.save; download it again if it was one."
)
_BROKEN = (
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    MemoryError,
    pickle.UnpicklingError,
    PickleRefusedError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    SafetensorError,
)
"""What the readers are seen to raise on damaged files."""


@dataclass(frozen=True)
class Checkpoint:
    """What a weight file holds that is of use here.

    Attributes
    ----------
    tensors : dict of Tensor
        By the file's keys, on the CPU, of the stored dtype.
    config : str or None
        Configuration that mmengine or mmcv left as Python text; never carried out.
    classes : tuple of str
        Names of the classes, where they are stored.
    palette : tuple of (int, int, int)
        Red, green and blue of each class, 0 to 255, where they are stored.
    """

    tensors: dict[str, Tensor]
    config: str | None = None
    classes: tuple[str, ...] = ()
    palette: tuple[tuple[int, ...], ...] = ()


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read the weights of a file as data; see `read_checkpoint`."""
    return read_checkpoint(path).tensors


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a weight file as data; nothing in it can run.

    Parameters
    ----------
    path : Path
        A safetensors file, or a file of ``torch.save``: a dict of tensors, or a dict that holds one under
        ``state_dict``, ``model`` or a similar name, as training programs write. Whatever objects lie beside
        the weights are not made: empty shells take their place.

    Returns
    -------
    Checkpoint
        The tensors, and what the training program said of them.

    Raises
    ------
    CheckpointError
        The file is missing, empty, damaged, of another kind, holds no tensors, or names code to run.
    """
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be read ({error.strerror}).", "Check the path and your rights."
        ) from None
    if not head:
        raise CheckpointError(f"{path} is empty.", _REMEDY)
    try:
        # safetensors: eight bytes of length, then JSON
        if head[8:] == b"{":
            return _checkpoint(path, load_file(path))
        if not zipfile.is_zipfile(path):
            return _checkpoint(path, _load_torch(path, None))
        with zipfile.ZipFile(path) as archive:
            return _checkpoint(path, _load_torch(path, archive))
    except CheckpointError:
        raise
    except _BROKEN as error:
        reason = str(error).strip().partition("\n")[0][:200] or type(error).__name__
        raise CheckpointError(f"{path} is damaged or no weight file ({reason}).", _REMEDY) from error


def _checkpoint(path: Path, content: Any) -> Checkpoint:
    meta = content.get("meta") if isinstance(content, Mapping) else None
    return Checkpoint(_state(path, content), *(_description(meta) if isinstance(meta, Mapping) else ()))


def _description(
    meta: Mapping[Any, Any],
) -> tuple[str | None, tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """Return configuration, classes and colours that mmengine (first names) or mmcv (second) stored."""
    config = meta.get("cfg", meta.get("config"))
    dataset = meta.get("dataset_meta", meta)
    if not isinstance(dataset, Mapping):
        dataset = {}
    names = _list(dataset.get("classes", dataset.get("CLASSES")))
    colours = [_list(colour) for colour in _list(dataset.get("palette", dataset.get("PALETTE")))]
    is_palette = all(
        len(colour) == 3 and all(isinstance(value, int) and 0 <= value <= 255 for value in colour)
        for colour in colours
    )
    return (
        config if isinstance(config, str) else None,
        tuple(map(str, names)),
        tuple(map(tuple, colours)) if is_palette else (),
    )


def _list(value: Any) -> Sequence[Any]:
    """Return a sequence that a file may hold, empty where it holds something else."""
    return value if isinstance(value, list | tuple) else ()


def _load_torch(path: Path, archive: zipfile.ZipFile | None) -> Any:
    """Load by torch where a file names tensors alone, else as tensors and shells of all other things."""
    if archive is not None:
        _refuse_inflation(path, archive)
    names = names_in_legacy(path) if archive is None else names_in_zip(archive)
    hostile = sorted(name for name in names if would_run(name))
    if hostile:
        raise CheckpointError(
            f"{path} names code that would run ({', '.join(hostile[:3])}).",
            "Do not trust its source; take a .safetensors file.",
        )
    if names <= TENSOR_NAMES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of rare pickle protocols: what it cannot read, it refuses
            return torch.load(path, map_location="cpu", weights_only=True)
    return read_legacy(path) if archive is None else read_zip(archive)


def _refuse_inflation(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse an archive whose members are larger than the file; torch.save compresses none."""
    claimed = sum(member.file_size for member in archive.infolist())
    if claimed > (size := path.stat().st_size):
        raise CheckpointError(f"{path} of {size} bytes claims to hold {claimed}.", _REMEDY)


def _values(path: Path, key: str, value: Tensor | StoredTensor) -> Tensor:
    """Return a tensor whose values are all in the file, not one that repeats a few stored ones.

    Raises
    ------
    CheckpointError
        The file does not hold them.
    """
    if isinstance(value, StoredTensor):
        is_whole = value.is_whole
    else:
        is_whole = (
            value.layout == torch.strided
            and value.device.type == "cpu"
            and not value.is_quantized
            and value.numel() * value.element_size() <= value.untyped_storage().nbytes()
        )
    if not is_whole:
        raise CheckpointError(f"{path} does not hold all values of {key!r}.", _REMEDY)
    return value.detach() if isinstance(value, Tensor) else value.tensor()


def _state(path: Path, content: Any) -> dict[str, Tensor]:
    """Find the state dict in what a torch file held."""
    candidates = [content]
    if isinstance(content, Mapping):
        candidates += [content[name] for name in _WRAPPERS if name in content]
    for candidate in candidates:
        if isinstance(candidate, Mapping):
            kept = {
                str(key): value
                for key, value in candidate.items()
                if isinstance(value, Tensor | StoredTensor)
            }
            if kept and len(kept) == len(candidate):
                return {key: _values(path, key, value) for key, value in kept.items()}
    raise CheckpointError(f"{path} holds no dict of tensors.", _REMEDY)
