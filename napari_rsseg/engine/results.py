"""Predictions on disk: a Zarr v3 group in which a block is either done or absent, whatever is killed.

One process writes a store at a time, and it holds the lock of the operating system that says so. Chunks are
written to temporary files and renamed (zarr's LocalStore), and a block's entry in ``done`` comes last; what
was written of a block that is not done is never shown.
"""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import zarr
from zarr.codecs import BloscCodec

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.engine.tiling import CHUNK_PX, BlockGrid
from napari_rsseg.errors import EngineError, OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from napari_rsseg.scenes.windows import Window

__all__ = ["BlockResult", "PredictionStore", "StoreLayout", "quantised"]

SHARES = 250
"""Stored confidence and margin are shares of this; 255 is nodata."""

_PER_PIXEL = ("labels", "confidence", "margin")
_PROCESSOR = BloscCodec(cname="zstd", clevel=1, shuffle="noshuffle")


def quantised(share: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return shares of 0 to 1 as they are stored, 0 to 250."""
    return np.round(np.clip(share, 0.0, 1.0) * SHARES).astype(np.uint8)


@dataclass(frozen=True)
class StoreLayout:
    """Size and contents of a store.

    Attributes
    ----------
    height, width : int
        Size of the raster in pixels.
    classes : int
        Number of classes.
    block_px : int
        Side of a block in pixels.
    probabilities : bool
        Whether the probability of every class is kept.
    """

    height: int
    width: int
    classes: int
    block_px: int
    probabilities: bool = False


@dataclass(frozen=True, eq=False)
class BlockResult:
    """What was predicted for one block.

    Attributes
    ----------
    labels, confidence, margin : ndarray, (H, W), uint8
        Class id; probability of that class and its lead over the next one in shares of 250; 255 nodata.
    probabilities : ndarray or None, (K, H, W), float16
        Probability of every class, NaN where nodata.
    """

    labels: npt.NDArray[np.uint8]
    confidence: npt.NDArray[np.uint8]
    margin: npt.NDArray[np.uint8]
    probabilities: npt.NDArray[np.float16] | None = None


class PredictionStore:
    """A prediction of one raster, block by block.

    Parameters
    ----------
    path : Path
        Folder of the group.
    layout : StoreLayout
        Size and contents.
    """

    def __init__(self, path: Path, layout: StoreLayout, group: Any) -> None:
        self.path = path
        self.layout = layout
        self.grid = BlockGrid(layout.height, layout.width, layout.block_px)
        self._group = group
        self._done: npt.NDArray[np.uint8] = np.asarray(group["done"][:], dtype=np.uint8)

    @classmethod
    def create(cls, path: Path, layout: StoreLayout, facts: Mapping[str, JsonValue]) -> PredictionStore:
        """Make an empty store, all or nothing; one that is there already is opened.

        Parameters
        ----------
        path : Path
            Folder to make.
        layout : StoreLayout
            Size and contents.
        facts : mapping
            What is recorded about the prediction: scene, model, radiometry, options.

        Raises
        ------
        OutputError
            When the folder cannot be written.
        EngineError
            When something else lies there.
        """
        if path.exists():
            return cls.open(path)
        draft = path.with_name(f"{path.name}.{os.getpid()}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _lay_out(draft, layout, facts)
            draft.rename(path)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            if path.exists():  # another process was faster
                return cls.open(path)
            raise cannot_write(path, error) from None
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> PredictionStore:
        """Open a store.

        Raises
        ------
        EngineError
            When there is none, or it is damaged.
        """
        try:
            group = zarr.open_group(str(path), mode="r+")
            layout = StoreLayout(**cast("dict[str, Any]", group.attrs["layout"]))
            return cls(path, layout, group)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise EngineError(
                f"{path} does not hold a prediction ({error}).", "Delete that folder and segment again."
            ) from None

    @property
    def facts(self) -> dict[str, Any]:
        """What is recorded about the prediction."""
        return dict(self._group.attrs["facts"])

    def record(self, **facts: JsonValue) -> None:
        """Add to what is recorded about the prediction.

        Raises
        ------
        OutputError
            When the record cannot be written.
        """
        try:
            self._group.attrs["facts"] = {**self.facts, **facts}
        except OSError as error:
            raise cannot_write(self.path, error) from None

    def is_done(self, block: tuple[int, int]) -> bool:
        """Whether a block is in the store."""
        return bool(self._done[block])

    def done_blocks(self, region: Window) -> list[tuple[int, int]]:
        """Return the blocks of a region that are in the store."""
        return [block for block in self.grid.touching(region) if self._done[block]]

    def missing_blocks(self, region: Window) -> list[tuple[int, int]]:
        """Return the blocks of a region that are not in the store."""
        return [block for block in self.grid.touching(region) if not self._done[block]]

    def refresh(self) -> None:
        """Look again which blocks are done, where another process writes the store."""
        self._done = np.asarray(self._group["done"][:], dtype=np.uint8)

    def read_labels(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return class ids, (H, W); 255 where nodata or not yet predicted."""
        return self._read("labels", window)

    def read_confidence(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return round(250 p) of the label, (H, W); 255 where nodata or not yet predicted."""
        return self._read("confidence", window)

    def read_margin(self, window: Window) -> npt.NDArray[np.uint8]:
        """Return round(250 (p1 - p2)) of the two most probable classes, (H, W); 255 as in the labels."""
        return self._read("margin", window)

    def read_probabilities(self, window: Window) -> npt.NDArray[np.float16]:
        """Return the probability of every class, (K, H, W), NaN where nodata or not yet predicted.

        Raises
        ------
        EngineError
            When they were not kept.
        """
        if not self.layout.probabilities:
            raise EngineError(
                "The probabilities of this prediction were not kept.",
                "Segment again with probabilities switched on.",
            )
        rows, columns = window.slices
        values = np.asarray(self._group["probabilities"][:, rows, columns], dtype=np.float16)
        for gap in self._gaps(window):
            values[(slice(None), *gap.slices)] = np.nan
        return values

    def write_block(self, block: tuple[int, int], result: BlockResult) -> None:
        """Put a block into the store.

        Raises
        ------
        OutputError
            When the disk is full or cannot be written; the block then stays absent.
        """
        rows, columns = self.grid.window(block).slices
        try:
            for name in _PER_PIXEL:
                self._group[name][rows, columns] = getattr(result, name)
            if self.layout.probabilities:
                self._group["probabilities"][:, rows, columns] = result.probabilities
            self._group["done"][block] = 1
        except OSError as error:
            raise cannot_write(self.path, error) from None
        self._done[block] = 1

    def forget(self, block: tuple[int, int]) -> None:
        """Make a block absent again.

        Raises
        ------
        OutputError
            When the store cannot be written.
        """
        try:
            self._group["done"][block] = 0
        except OSError as error:
            raise cannot_write(self.path, error) from None
        self._done[block] = 0

    def _read(self, name: str, window: Window) -> npt.NDArray[np.uint8]:
        values = np.asarray(self._group[name][window.slices], dtype=np.uint8)
        for gap in self._gaps(window):
            values[gap.slices] = IGNORED
        return values

    def _gaps(self, window: Window) -> list[Window]:
        return [
            self.grid.window(block).intersection(window).within(window)
            for block in self.missing_blocks(window)
        ]


def cannot_write(path: Path, error: OSError) -> OutputError:
    """Say why a result cannot be written, and what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(
            f"The disk that holds {path} is full.",
            "Free some space and segment again: what is done is kept and only the rest is predicted.",
        )
    return OutputError(
        f"{path} cannot be written ({error.strerror or error}).",
        "Choose a folder that you may write to, or change its permissions.",
    )


def _lay_out(folder: Path, layout: StoreLayout, facts: Mapping[str, JsonValue]) -> None:
    group = zarr.create_group(str(folder), zarr_format=3)
    group.attrs["layout"] = {name: getattr(layout, name) for name in StoreLayout.__dataclass_fields__}
    group.attrs["facts"] = dict(facts)
    shape = (layout.height, layout.width)
    common: dict[str, Any] = {"compressors": _PROCESSOR}
    for name in _PER_PIXEL:
        group.create_array(
            name, shape=shape, chunks=(CHUNK_PX, CHUNK_PX), dtype="uint8", fill_value=IGNORED,
            dimension_names=("row", "column"), **common,
        )  # fmt: skip
    if layout.probabilities:
        group.create_array(
            "probabilities", shape=(layout.classes, *shape), chunks=(layout.classes, CHUNK_PX, CHUNK_PX),
            dtype="float16", fill_value=float("nan"), dimension_names=("class", "row", "column"), **common,
        )  # fmt: skip
    blocks = BlockGrid(layout.height, layout.width, layout.block_px).shape
    group.create_array(
        "done", shape=blocks, chunks=tuple(min(64, size) for size in blocks), dtype="uint8", fill_value=0,
        **common,
    )  # fmt: skip
