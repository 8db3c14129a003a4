"""What a worker process holds, and how it answers; knows nothing of how questions reach it."""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.engine.aside import Cancelled
from napari_rsseg.engine.forward_thread import NOW, ForwardThread
from napari_rsseg.engine.tasks import (
    Answer,
    BlockTask,
    Made,
    ModelTask,
    NeedsPixels,
    NeedsWeights,
    PackedResult,
    Refused,
    Stopped,
)  # fmt: skip
from napari_rsseg.engine.tile_cache import TileCache
from napari_rsseg.engine.tiling import TileGrid, overlap_px
from napari_rsseg.errors import CheckpointError, EngineError, ModelError, RssegError, SceneError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from napari_rsseg.engine.events import DeviceInfo
    from napari_rsseg.engine.feature_task import FeatureTask
    from napari_rsseg.engine.forward import ForwardPass
    from napari_rsseg.engine.packing import PackedArray
    from napari_rsseg.engine.predictor import TilePredictor
    from napari_rsseg.engine.prompting.room import PromptRoom, Segmenter
    from napari_rsseg.engine.prompting.student_features import StudentFeatures
    from napari_rsseg.engine.prompting.tasks import PromptReply, PromptTask
    from napari_rsseg.engine.prompting.view import PromptSegmenter
    from napari_rsseg.engine.request import DeviceChoice
    from napari_rsseg.registry.card import Card
    from napari_rsseg.scenes.scene import Scene, SceneReference
    from napari_rsseg.scenes.windows import Window

__all__ = ["WorkerRoom"]

_LOGGER = logging.getLogger(__name__)
_CACHE_BYTES = 96 << 20  # the tiles of a neighbourhood of blocks, for schemes of few classes
_ANSWERS_KEPT = 16  # a block predicted while the connection was cut is asked for again
_SCENES_KEPT, _MODELS_KEPT, _PREDICTORS_KEPT = 4, 3, 8


class WorkerRoom:
    """All that lives in a worker process from one block to the next.

    Parameters
    ----------
    folder : Path
        The worker's own, gone with it: weight files that it was sent are kept there.
    threads : int or None
        CPU cores for forward passes; None: torch's own choice.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        from napari_rsseg.engine.loading import use_threads

        use_threads(threads or os.cpu_count() or 1)
        self._thread = ForwardThread()
        self._cache = TileCache(_CACHE_BYTES)
        self._scenes: OrderedDict[SceneReference, Scene] = OrderedDict()
        self._models: OrderedDict[tuple[str, str], tuple[ForwardPass, int]] = OrderedDict()
        self._predictors: OrderedDict[str, TilePredictor] = OrderedDict()
        self._answers: OrderedDict[tuple[Any, ...], Made] = OrderedDict()
        self._uploads = folder
        self._lock = Lock()
        self._prompting: PromptRoom | None = None
        self._features: dict[tuple[str, str], StudentFeatures] = {}

    def describe(self, choice: DeviceChoice) -> DeviceInfo:
        """Return what a request for this device would run on.

        Raises
        ------
        EngineError
            When there is no such device.
        """
        from napari_rsseg.engine.device import choose_device, describe

        return describe(choose_device(choice))

    def prepare(self, model: ModelTask) -> Answer | None:
        """Load a model ahead of its first block; return what stands against it."""
        try:
            self._model(model)
        except _WeightsUnreachableError:
            return NeedsWeights()
        except RssegError as error:
            return Refused(error.found, error.remedy, is_final=True)
        return None

    def keep_weights(self, sha256: str, part: bytes, offset: int, size: int) -> None:
        """Take a piece of a weight file that this worker cannot read itself; it is used once it is whole."""
        draft = self._uploads / f"{sha256}.part"
        with draft.open("r+b" if offset else "wb") as stream:
            stream.seek(offset)
            stream.write(part)
        if offset + len(part) == size:
            draft.replace(self._uploads / sha256)

    def predict(self, task: BlockTask, *, is_called_off: Callable[[], bool] = lambda: False) -> Answer:
        """Predict one block, and stop where it is called off; every failure becomes an answer."""
        try:
            return self._predict(task, is_called_off)
        except _WeightsUnreachableError:
            return NeedsWeights()
        except _SceneUnreachableError:
            return NeedsPixels(self._model(task.model)[1])
        except (ModelError, CheckpointError, EngineError) as error:
            return Refused(error.found, error.remedy, is_final=True)
        except RssegError as error:
            return Refused(error.found, error.remedy, is_final=False)
        except Cancelled:
            return Stopped()
        except Exception as error:
            _LOGGER.exception("block %s of %s failed", task.core, task.scene.uri)
            return Refused(
                f"The worker failed on block {task.core} ({type(error).__name__}: {error}).",
                "Segment again; if it happens again, report it with the worker's log.",
                is_final=False,
            )

    def prompt(self, task: PromptTask) -> PromptReply:
        """Answer a question about a view; every failure becomes an answer."""
        from napari_rsseg.engine.prompting.tasks import NeedsImage

        try:
            return self._prompt_room().answer(task)
        except _WeightsUnreachableError:
            return NeedsWeights()
        except _SceneUnreachableError:
            return NeedsImage()
        except RssegError as error:
            return Refused(error.found, error.remedy, is_final=True)
        except Cancelled:
            return Stopped()
        except Exception as error:
            _LOGGER.exception("prompts on %s failed", task.view.scene.uri)
            return Refused(
                f"The worker failed on the prompts ({type(error).__name__}: {error}).",
                "Try again; if it happens again, report it with the worker's log.",
                is_final=True,
            )

    def window_features(self, task: FeatureTask) -> PackedArray | NeedsWeights | Refused:
        """Return what a model's encoder sees in windows; every known failure becomes an answer."""
        from napari_rsseg.engine.device import choose_device
        from napari_rsseg.engine.packing import PackedArray
        from napari_rsseg.engine.prompting.segmenters import load_features
        from napari_rsseg.engine.window_features import features_of_windows

        card, path = task.model
        try:
            scene = self._scene(task.scene, task.fingerprint)
            key = (card.sha256, task.segmenter.device)
            if key not in self._features:
                weights = self._weights(card, str(path))
                device = choose_device(task.segmenter.device)
                self._features[key] = load_features(card, weights, device, self._thread)
            return PackedArray.of(features_of_windows(task, scene, self._features[key]))
        except _WeightsUnreachableError:
            return NeedsWeights()
        except _SceneUnreachableError:
            return Refused(
                f"The worker cannot read scene {task.scene.uri}.",
                "Say how workers see its folder (setting path_mapping), or use the engine of this machine.",
                is_final=True,
            )
        except RssegError as error:
            return Refused(error.found, error.remedy, is_final=True)

    def call_off_prompt(self, name: str) -> None:
        """Stop answering a question about a view."""
        self._prompt_room().call_off(name)

    def _prompt_room(self) -> PromptRoom:
        from napari_rsseg.engine.prompting.room import PromptRoom

        with self._lock:
            if self._prompting is None:
                self._prompting = PromptRoom(self._scene, self._segmenter)
            return self._prompting

    def _segmenter(self, asked: PromptSegmenter) -> Segmenter:
        from napari_rsseg.engine.prompting.segmenters import load_segmenter

        weights = None
        if asked.card is not None:
            weights = self._weights(asked.card, str(asked.weights))
        return load_segmenter(asked, weights, self._thread)

    def _predict(self, task: BlockTask, is_called_off: Callable[[], bool]) -> Answer:
        key = (task.job, task.level, task.core)
        if key in self._answers:
            return self._answers[key]
        if is_called_off():
            return Stopped()
        forward, _ = self._model(task.model)
        result = self._predictor(task).predict(
            task.core,
            self._reader(task),
            rank=task.rank,
            probabilities=task.probabilities,
            is_cancelled=is_called_off,
        )
        from napari_rsseg.engine.device import describe

        made = Made(PackedResult.of(result), describe(forward.device), tuple(forward.changes))
        with self._lock:
            self._answers[key] = made
            _keep(self._answers, _ANSWERS_KEPT)
        return made

    def _model(self, task: ModelTask) -> tuple[ForwardPass, int]:
        from napari_rsseg.engine.loading import load_forward

        with self._lock:
            key = (task.card.model_dump_json(), task.device)
            if key not in self._models:
                weights = self._weights(task.card, task.weights)
                load = partial(load_forward, task.card, weights, task.device, thread=self._thread)
                self._models[key] = self._thread.submit(NOW, load).result()
                _keep(self._models, _MODELS_KEPT)
            self._models.move_to_end(key)
            return self._models[key]

    def _weights(self, card: Card, path: str) -> Path:
        for weights in (Path(path), self._uploads / card.sha256):
            if weights.is_file():
                return weights
        raise _WeightsUnreachableError

    def _predictor(self, task: BlockTask) -> TilePredictor:
        from napari_rsseg.engine.predictor import TilePredictor

        forward, side = self._model(task.model)
        card = task.model.card
        facts = (task.fingerprint, task.scene, task.bands, task.level, card, task.model.device, task.tta)
        name = repr(facts)
        with self._lock:
            if name not in self._predictors:
                grid = TileGrid(task.height, task.width, card.tile_px, overlap_px(card.tile_px), side)
                self._predictors[name] = TilePredictor(
                    card, grid, forward, cache=self._cache, name=name, tta=task.tta
                )
                _keep(self._predictors, _PREDICTORS_KEPT)
            return self._predictors[name]

    def _reader(
        self, task: BlockTask
    ) -> Callable[[Window], tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]]:
        display = task.model.card.input_values.expects == "display"
        if task.pixels is not None:
            return _streamed(task, display=display)
        from napari_rsseg.scenes import read_values

        scene = self._scene(task.scene, task.fingerprint)

        def read(window: Window) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
            return read_values(scene, window, task.bands, level=task.level, display=display)

        return read

    def _scene(self, reference: SceneReference, fingerprint: str) -> Scene:
        from napari_rsseg.scenes import open_reference

        with self._lock:
            scene = self._scenes.get(reference)
            if scene is None:
                try:
                    scene = open_reference(reference)
                except (SceneError, OSError):
                    raise _SceneUnreachableError from None
                if scene.fingerprint != fingerprint:
                    scene.close()
                    raise _SceneUnreachableError
                self._scenes[reference] = scene
                _keep(self._scenes, _SCENES_KEPT)
            self._scenes.move_to_end(reference)
            return scene


class _SceneUnreachableError(Exception):
    """The scene cannot be opened here, or the worker finds another one in its place."""


class _WeightsUnreachableError(Exception):
    """The weight file cannot be opened here."""


def _streamed(
    task: BlockTask, *, display: bool
) -> Callable[[Window], tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]]:
    pixels, radiometry = task.pixels, task.scene.radiometry
    assert pixels is not None
    assert radiometry is not None  # checked in the request
    valid = np.asarray(pixels.valid.unpacked(), dtype=np.bool_)
    values = radiometry.apply(pixels.numbers.unpacked(), task.bands, display=display)
    values[:, ~valid] = 0

    def read(window: Window) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        rows, columns = window.within(pixels.window).slices
        return values[:, rows, columns], valid[rows, columns]

    return read


def _keep(held: OrderedDict[Any, Any], most: int) -> None:
    while len(held) > most:
        held.popitem(last=False)
