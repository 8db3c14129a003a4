"""The rasters of a prediction: the scene, and on large ones the coarse level that comes first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.engine.packing import PackedArray
from napari_rsseg.engine.results import PredictionStore, StoreLayout
from napari_rsseg.engine.tasks import BlockTask, StreamedPixels, model_task, scene_task
from napari_rsseg.engine.tiling import CHUNK_PX, TileGrid, block_side, overlap_px
from napari_rsseg.errors import EngineError
from napari_rsseg.scenes import band_indices, open_reference, read_values
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pydantic import JsonValue

    from napari_rsseg.engine.request import PredictionRequest
    from napari_rsseg.scenes import Scene

__all__ = ["OVERVIEW", "Raster", "open_rasters", "open_unchanged"]

OVERVIEW = "overview"
"""Name of the coarse pass inside a store."""

_OVERVIEW_PX = 2 * CHUNK_PX  # the coarse pass takes the first level not longer than this


class Raster:
    """One level of the scene, with the store of its prediction.

    Parameters
    ----------
    request : PredictionRequest
        What is predicted.
    scene : Scene
        Opened from the request.
    level : int
        Level of the scene.
    store : PredictionStore
        Of that level.
    """

    def __init__(self, request: PredictionRequest, scene: Scene, level: int, store: PredictionStore) -> None:
        self.store = store
        self.level = level
        self._request = request
        self._scene = scene
        self._bands = band_indices(scene, request.card.bands)

    def close(self) -> None:
        """Release the scene."""
        self._scene.close()

    def scaled(self, window: Window) -> Window:
        """Return the pixels of this level that a window of the scene touches."""
        factor = self._scene.levels[self.level].downsample
        if factor == 1:
            return window
        return Window(
            math.floor(window.row_start / factor),
            math.ceil(window.row_stop / factor),
            math.floor(window.column_start / factor),
            math.ceil(window.column_stop / factor),
        )

    def first_part(self, block: tuple[int, int], view: Window) -> Window | None:
        """Return what one tile determines of a block; None where that is all of it."""
        layout, tile = self.store.layout, self._request.card.tile_px
        window = self.store.grid.window(block)
        part = TileGrid(layout.height, layout.width, tile, overlap_px(tile)).first_part(window, view)
        return None if part == window or part.is_empty else part

    def task(self, job: str, core: Window, *, rank: int, group_side: int | None) -> BlockTask:
        """Return the question for a block.

        Parameters
        ----------
        job : str
            Name of the job.
        core : Window
            The block, or part of it.
        rank : int
            Place in the order of the job.
        group_side : int or None
            None: workers read the scene; else its pixels travel with the question, for groups of this many
            tiles per side.

        Raises
        ------
        SceneError
            When the pixels to send cannot be read.
        """
        request, layout = self._request, self.store.layout
        return BlockTask(
            job=job,
            model=model_task(request),
            scene=scene_task(request),
            fingerprint=request.scene_fingerprint,
            bands=self._bands,
            level=self.level,
            height=layout.height,
            width=layout.width,
            core=core,
            rank=rank,
            tta=request.tta,
            probabilities=layout.probabilities,
            pixels=None if group_side is None else self._pixels(core, group_side),
        )

    def _pixels(self, core: Window, group_side: int) -> StreamedPixels:
        layout, tile = self.store.layout, self._request.card.tile_px
        grid = TileGrid(layout.height, layout.width, tile, overlap_px(tile), group_side)
        window = grid.extent(grid.groups_for(core))
        numbers = self._scene.read(window, level=self.level, bands=self._bands)
        _, valid = read_values(self._scene, window, self._bands, level=self.level)
        return StreamedPixels(window, PackedArray.of(np.asarray(numbers)), PackedArray.of(valid))


def open_unchanged(request: PredictionRequest) -> Scene:
    """Open the scene of a request.

    Raises
    ------
    SceneError
        When it cannot be opened.
    EngineError
        When it is no longer the scene that was asked for.
    """
    scene = open_reference(request.scene)
    if scene.fingerprint != request.scene_fingerprint:
        scene.close()
        raise EngineError(
            f"Scene {request.scene.uri} has changed since it was opened.", "Close it and open it again."
        )
    return scene


def open_rasters(request: PredictionRequest) -> tuple[Raster, ...]:
    """Open the scene of a request and its stores; the scene itself comes last.

    Raises
    ------
    SceneError
        When the scene cannot be opened, or lacks bands of the model.
    EngineError
        When it is no longer the scene that was asked for, or something else lies in place of the store.
    OutputError
        When the store cannot be written.
    """
    scene = open_unchanged(request)
    side = block_side(request.card.tile_px)
    layout = StoreLayout(request.height, request.width, request.classes, side, request.probabilities)
    main = Raster(request, scene, 0, PredictionStore.create(request.store, layout, _facts(request)))
    if not request.overview or max(request.height, request.width) <= 4 * _OVERVIEW_PX:
        return (main,)
    levels = enumerate(scene.levels)
    level = next((n for n, size in levels if max(size.height, size.width) <= _OVERVIEW_PX), 0)
    if level == 0:
        return (main,)
    coarse = scene.levels[level]
    layout = StoreLayout(coarse.height, coarse.width, request.classes, side)
    facts: dict[str, JsonValue] = {"downsample": coarse.downsample}
    store = PredictionStore.create(request.store / OVERVIEW, layout, facts)
    return Raster(request, scene, level, store), main


def _facts(request: PredictionRequest) -> dict[str, JsonValue]:
    assert request.scene.radiometry is not None  # checked in the request
    return {
        "key": request.key,
        "scene": request.scene.uri,
        "fingerprint": request.scene_fingerprint,
        "radiometry": request.scene.radiometry.model_dump(mode="json"),
        "model": request.card.model_dump(mode="json"),
        "tta": request.tta,
    }
