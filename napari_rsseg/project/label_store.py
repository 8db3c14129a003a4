"""Labels of a scene on disk: a Zarr v3 group, written block by block under other names and renamed."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.errors import ProjectError, SceneError
from napari_rsseg.project.faults import label_faults, require_present, unreadable_labels, writing_faults
from napari_rsseg.project.provenance import Provenance
from napari_rsseg.project.times import utc_now
from napari_rsseg.scenes.replacing import replacing
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CHUNK_PX", "LabelBlock", "LabelStore"]

CHUNK_PX = 512
"""Side of a chunk in pixels, at every level."""

_SMALLEST_LEVEL_PX = 256
_ARRAYS = {
    "labels": ("uint8", IGNORED),
    "provenance": ("uint8", int(Provenance.UNLABELLED)),
    "actor": ("uint16", 0),
}


@dataclass(frozen=True, eq=False)
class LabelBlock:
    """What is said about the pixels of a window.

    Attributes
    ----------
    labels : ndarray, (height, width), uint8
        Class ids; 255: nothing said.
    provenance : ndarray, (height, width), uint8
        Values of ``Provenance``.
    actor : ndarray, (height, width), uint16
        Rows of the catalogue's actors; 0: nobody.

    Raises
    ------
    SceneError
        When the arrays differ in size.
    """

    labels: npt.NDArray[np.uint8]
    provenance: npt.NDArray[np.uint8]
    actor: npt.NDArray[np.uint16]

    def __post_init__(self) -> None:
        shapes = {self.labels.shape, self.provenance.shape, self.actor.shape}
        if len(shapes) != 1:
            raise SceneError(
                f"A block of labels came with arrays of {sorted(shapes)}.", "Give arrays of one size."
            )

    @classmethod
    def empty(cls, height: int, width: int) -> LabelBlock:
        """Return a block about which nothing is said."""
        return cls(*(np.full((height, width), fill, dtype) for dtype, fill in _ARRAYS.values()))


class LabelStore:
    """Labels, provenance and actors of one scene.

    Parameters
    ----------
    path : Path
        Folder of the group, ``labels.zarr``.
    is_read_only : bool
        Whether nothing may be written.

    Raises
    ------
    ProjectError
        When there is no such group, or its description is damaged.
    """

    def __init__(self, path: Path, *, is_read_only: bool = False) -> None:
        import zarr

        self.path, self.is_read_only = path, is_read_only
        self._unsettled: set[Path] = set()
        with label_faults(path):
            if not path.is_dir():  # Zarr would make it
                raise FileNotFoundError("it is missing")
            self._group: Any = zarr.open_group(str(path), mode="r" if is_read_only else "r+")
            self._arrays: dict[str, Any] = {name: self._opened(name) for name in _ARRAYS}
            self._levels: dict[int, Any] = {1: self._arrays["labels"]}
            steps: Any = self._group.attrs["steps"]
            self._levels |= {int(step): self._opened(f"levels/{step}") for step in steps}

    def _opened(self, name: str) -> Any:
        # Zarr does not remember this with the array
        return self._group[name].with_config({"write_empty_chunks": True})

    @classmethod
    def create(cls, path: Path, height: int, width: int) -> LabelStore:
        """Make an empty store, all or nothing; one that is there already is opened.

        Raises
        ------
        OutputError
            When the folder cannot be written.
        """
        if not path.exists():
            draft = path.with_name(f"{path.name}.{os.getpid()}.partial")
            with writing_faults(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                _lay_out(draft, height, width)
                draft.rename(path)
        return cls(path)

    @property
    def height(self) -> int:
        """Rows."""
        return int(self._arrays["labels"].shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self._arrays["labels"].shape[1])

    @property
    def steps(self) -> tuple[int, ...]:
        """How many pixels of the scene one pixel of each level spans, 1 first."""
        return tuple(sorted(self._levels))

    def level(self, step: int) -> Any:
        """Return the labels of a level, (height, width), uint8: every ``step``-th pixel, to be read only.

        Raises
        ------
        ProjectError
            When there is no such level.
        """
        if step not in self._levels:
            raise ProjectError(
                f"{self.path} has no level of step {step}.",
                f"Its steps are {', '.join(map(str, self.steps))}.",
            )
        return self._levels[step]

    def arrays(self) -> list[tuple[str, int, Any]]:
        """Return name, step and array of all that is stored: labels, provenance, actor, coarser levels."""
        levels = [(f"levels/{step}", step, self._levels[step]) for step in self.steps[1:]]
        return [*((name, 1, array) for name, array in self._arrays.items()), *levels]

    def read(self, window: Window) -> LabelBlock:
        """Return what is said about the pixels of a window.

        Raises
        ------
        SceneError
            When the window leaves the scene.
        ProjectError
            When a chunk there is damaged.
        """
        self._check(window)
        with label_faults(self.path):
            return LabelBlock(*(np.asarray(array[window.slices]) for array in self._arrays.values()))

    def write(self, window: Window, block: LabelBlock) -> None:
        """Put a block into the store, and its every n-th pixels into the coarser levels.

        Raises
        ------
        SceneError
            When the window leaves the scene, or is of another size than the block.
        ProjectError
            When the project is open only to read, or a chunk that is changed in part is damaged.
        OutputError
            When the disk is full, gone, or cannot be written.
        """
        self._check(window)
        if block.labels.shape != window.shape:
            raise SceneError(
                f"A block of {block.labels.shape} is written to window {window}.", "Give one of its size."
            )
        if self.is_read_only:
            raise ProjectError(
                f"The labels in {self.path} are open only to read.",
                "Close the project where it is open to write, then open it again.",
            )
        require_present(self.path)
        with writing_faults(self.path):
            for name, array in self._arrays.items():
                self._put(array, name, window, getattr(block, name))
            for step, array in self._levels.items():
                if step > 1:
                    self._put_coarse(array, step, window, block.labels)

    @property
    def sequence(self) -> int:
        """Newest record of the journal that is wholly in the store; 0: none.

        Raises
        ------
        ProjectError
            When the file that says so is damaged.
        """
        path = self._committed
        try:
            return int(json.loads(path.read_text(encoding="utf-8"))["sequence"])
        except FileNotFoundError:
            return 0
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ProjectError(
                f"{path} cannot be read ({error}).",
                "Rebuild the labels from the journal: napari-rsseg project repair DIR.",
            ) from error

    def commit(self, sequence: int) -> None:
        """Say that all records up to ``sequence`` are in the store, once their chunks are on the disk.

        Raises
        ------
        OutputError
            When the disk is full or cannot be written.
        """
        require_present(self.path)
        with writing_faults(self.path):
            for path in sorted(self._unsettled | {path.parent for path in self._unsettled}):
                _settle(path)
            self._unsettled.clear()
            with replacing(self._committed, overwrite=True) as draft:
                draft.write_text(json.dumps({"sequence": sequence, "at": utc_now()}), encoding="utf-8")
            _settle(self._committed.parent)

    @property
    def _committed(self) -> Path:
        return self.path.with_name("committed.json")

    def _check(self, window: Window) -> None:
        if not Window.of(self.height, self.width).contains(window):
            raise SceneError(
                f"Window {window} leaves the labels in {self.path}, {self.height} x {self.width} px.",
                "Ask for a window inside.",
            )

    def _put_coarse(self, array: Any, step: int, window: Window, labels: npt.NDArray[np.uint8]) -> None:
        rows = slice(-window.row_start % step, None, step)
        columns = slice(-window.column_start % step, None, step)
        part = labels[rows, columns]
        row, column = -(-window.row_start // step), -(-window.column_start // step)
        place = Window(row, row + part.shape[0], column, column + part.shape[1])
        self._put(array, f"levels/{step}", place, part)

    def _put(self, array: Any, name: str, window: Window, values: npt.NDArray[Any]) -> None:
        if window.is_empty:
            return
        try:
            array[window.slices] = values
        except (ValueError, RuntimeError) as error:  # a chunk that is changed in part is read first
            raise unreadable_labels(self.path, error) from error
        chunks = self.path / name / "c"
        self._unsettled |= {
            chunks / str(row) / str(column)
            for row in range(window.row_start // CHUNK_PX, -(-window.row_stop // CHUNK_PX))
            for column in range(window.column_start // CHUNK_PX, -(-window.column_stop // CHUNK_PX))
        }


def _settle(path: Path) -> None:
    """Force a file or the names in a folder to the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lay_out(folder: Path, height: int, width: int) -> None:
    import zarr
    from zarr.codecs import BloscCodec, Crc32cCodec

    steps = [1]
    while max(height, width) // steps[-1] > 2 * _SMALLEST_LEVEL_PX:
        steps.append(2 * steps[-1])
    group = zarr.create_group(str(folder), zarr_format=3, overwrite=True)
    group.attrs["steps"] = steps[1:]
    common: dict[str, Any] = {
        "chunks": (CHUNK_PX, CHUNK_PX),
        "dimension_names": ("row", "column"),
        # the sum of each chunk tells a damaged one from a strange picture
        "compressors": [BloscCodec(cname="zstd", clevel=1, shuffle="noshuffle"), Crc32cCodec()],
        # a chunk that is not there was never written, so a lost one can be told
        "config": {"write_empty_chunks": True},
    }
    for name, (dtype, fill) in _ARRAYS.items():
        group.create_array(name, shape=(height, width), dtype=dtype, fill_value=fill, **common)
    for step in steps[1:]:
        shape = (-(-height // step), -(-width // step))
        group.create_array(f"levels/{step}", shape=shape, dtype="uint8", fill_value=IGNORED, **common)
