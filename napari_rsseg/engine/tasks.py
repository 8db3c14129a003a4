"""What travels between the job and the workers: questions and answers, frozen and free of file handles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_rsseg.engine.packing import PackedArray
from napari_rsseg.engine.request import mapped
from napari_rsseg.engine.results import BlockResult

if TYPE_CHECKING:
    from napari_rsseg.engine.events import DeviceInfo
    from napari_rsseg.engine.request import DeviceChoice, PredictionRequest
    from napari_rsseg.registry.card import Card
    from napari_rsseg.scenes.scene import SceneReference
    from napari_rsseg.scenes.windows import Window

__all__ = [
    "Answer",
    "BlockTask",
    "Made",
    "ModelTask",
    "NeedsPixels",
    "NeedsWeights",
    "PackedResult",
    "Refused",
    "Stopped",
    "StreamedPixels",
    "model_task",
    "scene_task",
]


@dataclass(frozen=True)
class ModelTask:
    """Which network a worker has to hold.

    Attributes
    ----------
    card : Card
        Of the model.
    weights : str
        Its weight file as workers see it.
    device : {"auto", "cuda", "mps", "cpu"}
        Where to run.
    """

    card: Card
    weights: str
    device: DeviceChoice


@dataclass(frozen=True)
class StreamedPixels:
    """Pixels of a scene that workers cannot read themselves.

    Attributes
    ----------
    window : Window
        Where they lie in their level.
    numbers, valid : PackedArray
        Of the model's bands, as they stand in the file, and where these were measured.
    """

    window: Window
    numbers: PackedArray
    valid: PackedArray


@dataclass(frozen=True)
class BlockTask:
    """One block to predict.

    Attributes
    ----------
    job : str
        Name of the job; an answer to it is kept for when it asks again.
    model : ModelTask
        The network.
    scene : SceneReference
        The scene as workers see it.
    fingerprint : str
        What the scene must still be.
    bands : tuple of int
        Index of each input band of the model in the scene.
    level, height, width : int
        Level of the scene and its size.
    core : Window
        The block.
    rank : int
        Place in the order of the job: workers finish lower ones first.
    tta, probabilities : bool
        As in the request.
    pixels : StreamedPixels or None
        None: the worker reads the scene.
    """

    job: str
    model: ModelTask
    scene: SceneReference
    fingerprint: str
    bands: tuple[int, ...]
    level: int
    height: int
    width: int
    core: Window
    rank: int = 0
    tta: bool = False
    probabilities: bool = False
    pixels: StreamedPixels | None = None


@dataclass(frozen=True)
class PackedResult:
    """A block's result on its way home."""

    labels: PackedArray
    confidence: PackedArray
    margin: PackedArray
    probabilities: PackedArray | None

    @classmethod
    def of(cls, result: BlockResult) -> PackedResult:
        """Compress a result."""
        return cls(
            PackedArray.of(result.labels),
            PackedArray.of(result.confidence),
            PackedArray.of(result.margin),
            None if result.probabilities is None else PackedArray.of(result.probabilities),
        )

    def unpacked(self) -> BlockResult:
        """Return the result."""
        kept = self.probabilities
        return BlockResult(
            self.labels.unpacked(),  # type: ignore[arg-type]  # packed as uint8
            self.confidence.unpacked(),  # type: ignore[arg-type]
            self.margin.unpacked(),  # type: ignore[arg-type]
            None if kept is None else kept.unpacked(),  # type: ignore[arg-type]  # packed as float16
        )


@dataclass(frozen=True)
class Made:
    """A block was predicted.

    Attributes
    ----------
    result : PackedResult
        What was predicted.
    device : DeviceInfo
        What it ran on.
    changes : tuple of str
        All that this worker did otherwise than asked since it loaded the model.
    """

    result: PackedResult
    device: DeviceInfo
    changes: tuple[str, ...]


@dataclass(frozen=True)
class NeedsPixels:
    """The worker cannot read the scene; it asks for the pixels of groups of this many tiles per side."""

    group_side: int


@dataclass(frozen=True)
class NeedsWeights:
    """The worker cannot read the weight file; ``worker`` is its address."""

    worker: str = ""


@dataclass(frozen=True)
class Refused:
    """A block could not be predicted.

    Attributes
    ----------
    found, remedy : str
        Why, and what to do.
    is_final : bool
        Whether every other block would fail as well.
    """

    found: str
    remedy: str
    is_final: bool


@dataclass(frozen=True)
class Stopped:
    """The block was called off before it was finished."""


Answer = Made | NeedsPixels | NeedsWeights | Refused | Stopped


def model_task(request: PredictionRequest) -> ModelTask:
    """Return which network a request needs."""
    return ModelTask(request.card, mapped(str(request.weights), request.path_mapping), request.device)


def scene_task(request: PredictionRequest) -> SceneReference:
    """Return the scene of a request as workers see it."""
    return replace(request.scene, uri=mapped(request.scene.uri, request.path_mapping))
