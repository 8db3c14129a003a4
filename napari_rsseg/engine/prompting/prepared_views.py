"""What segmenters computed of a view before any prompt: kept in memory, and on disk for the next start."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import threading
import zlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.engine.prompting.view import PromptView

__all__ = ["Prepared", "PreparedViews", "view_key"]

Prepared = dict[str, "npt.NDArray[Any]"]
"""Arrays by name."""

_LOGGER = logging.getLogger(__name__)
_METHOD = 1  # raised when the same view and model would give other numbers


def view_key(view: PromptView) -> str:
    """Return the name under which a prepared view is kept, 32 hex digits.

    It changes with the scene's content, radiometry, window, ground size and bands, and with the segmenter's
    weights; not with the device.
    """
    card = view.segmenter.card
    assert view.scene.radiometry is not None  # checked on construction
    facts = {
        "method": _METHOD,
        "scene": view.fingerprint,
        "radiometry": view.scene.radiometry.model_dump(mode="json"),
        "window": str(view.window),
        "pixel_px": view.pixel_px,
        "bands": view.bands,
        "segmenter": view.segmenter.kind,
        "weights": None if card is None else card.sha256,
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class PreparedViews:
    """Prepared views by name, the latest used ones.

    Parameters
    ----------
    folder : Path
        Where they are kept on disk: a Zarr v3 group each, whose ``complete`` attribute is written last.
    memory_bytes, disk_bytes : int
        Most bytes held in memory and on disk; what was not used for longest goes.
    """

    def __init__(self, folder: Path, *, memory_bytes: int, disk_bytes: int) -> None:
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._disk_bytes = disk_bytes
        self._held: OrderedDict[str, Prepared] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Prepared | None:
        """Return a prepared view from memory or disk; a damaged one on disk is removed."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        path = self._path(key)
        if not path.is_dir():
            return None
        try:
            found = _read(path)
            os.utime(path)  # the latest used stay longest
        except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
            _LOGGER.warning("prepared view %s is damaged and made again: %s", path, error)
            shutil.rmtree(path, ignore_errors=True)
            return None
        self._hold(key, found)
        return found

    def put(self, key: str, prepared: Prepared) -> None:
        """Keep a prepared view; a disk that is full or read-only only costs the next start its time."""
        self._hold(key, prepared)
        path = self._path(key)
        draft = path.with_name(f"{key}.{os.getpid()}.partial")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write(draft, prepared)
            if path.exists():
                shutil.rmtree(path)
            draft.rename(path)
            self._prune()
        except OSError as error:
            _LOGGER.warning("prepared view %s is not kept on disk: %s", path, error)
            shutil.rmtree(draft, ignore_errors=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.zarr"

    def _hold(self, key: str, prepared: Prepared) -> None:
        with self._lock:
            self._held[key] = prepared
            self._held.move_to_end(key)
            while len(self._held) > 1 and sum(map(_bytes_of, self._held.values())) > self._memory_bytes:
                self._held.popitem(last=False)

    def _prune(self) -> None:
        entries = sorted(self._folder.glob("*.zarr"), key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for index, path in enumerate(entries):
            total += sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            if index and total > self._disk_bytes:
                shutil.rmtree(path, ignore_errors=True)


def _bytes_of(prepared: Mapping[str, npt.NDArray[Any]]) -> int:
    return sum(array.nbytes for array in prepared.values())


def _checksum(array: npt.NDArray[Any]) -> int:
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data)


def _write(path: Path, prepared: Prepared) -> None:
    import zarr

    shutil.rmtree(path, ignore_errors=True)
    group = zarr.create_group(str(path), zarr_format=3)
    for name, array in prepared.items():
        stored: Any = group.create_array(name, shape=array.shape, dtype=array.dtype, chunks=array.shape)
        stored[...] = array
    group.attrs["complete"] = {name: _checksum(array) for name, array in prepared.items()}


def _read(path: Path) -> Prepared:
    import zarr

    group: Any = zarr.open_group(str(path), mode="r")
    found: Prepared = {}
    for name, checksum in group.attrs["complete"].items():
        array = np.asarray(group[name][...])
        if _checksum(array) != checksum:
            raise ValueError(f"{name} has changed on disk")
        found[name] = array
    return found
