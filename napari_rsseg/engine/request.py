"""What is asked of the engine: one scene, one model, one region."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Literal

from napari_rsseg.errors import EngineError
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from napari_rsseg.registry.card import Card
    from napari_rsseg.scenes.scene import SceneReference

__all__ = ["DeviceChoice", "PathMapping", "PredictionRequest", "prediction_key"]

DeviceChoice = Literal["auto", "cuda", "mps", "cpu"]
PathMapping = tuple[tuple[str, str], ...]
"""Pairs of a folder here and the same folder as workers see it."""

_METHOD = 1  # raised when the same model and options would give other numbers: old results are then not mixed


@dataclass(frozen=True)
class PredictionRequest:
    """One prediction; travels to the workers.

    Attributes
    ----------
    scene : SceneReference
        How to open the scene; its radiometry is set.
    scene_fingerprint : str
        What the scene must still be when a worker opens it.
    height, width : int
        Size of the scene in pixels.
    card : Card
        The model's card.
    weights : Path
        Its weight file on this machine.
    region : Window
        What to predict; whole blocks that touch it are made.
    store : Path
        Folder of the result, on this machine.
    device : {"auto", "cuda", "mps", "cpu"}
        Where to run.
    tta : bool
        Average over the eight flips and quarter turns of each tile.
    probabilities : bool
        Keep the probability of every class.
    view : Window or None
        What the user looks at: predicted first.
    overview : bool
        Predict a coarse level of the scene first, for display.
    path_mapping : tuple of pairs of str
        Folders here and as workers see them.
    """

    scene: SceneReference
    scene_fingerprint: str
    height: int
    width: int
    card: Card
    weights: Path
    region: Window
    store: Path
    device: DeviceChoice = "auto"
    tta: bool = False
    probabilities: bool = False
    view: Window | None = None
    overview: bool = False
    path_mapping: PathMapping = ()

    def __post_init__(self) -> None:
        if self.card.scheme is None:
            raise EngineError(
                f"Model {self.card.name} makes masks from prompts and has no classes.",
                "Choose a model of the task.",
            )
        if self.scene.radiometry is None:
            raise EngineError(
                f"The radiometry of scene {self.scene.uri} is not fixed.",
                "Open the scene and use its own reference.",
            )
        if self.region.intersection(Window.of(self.height, self.width)).is_empty:
            raise EngineError(
                f"Region {self.region} holds no pixel of the scene of {self.height} x {self.width} pixels.",
                "Choose a region inside the scene.",
            )

    @property
    def key(self) -> str:
        """Name of the result: the same for everything that must give the same pixels."""
        return prediction_key(
            self.scene_fingerprint, self.card, self.scene, tta=self.tta, probabilities=self.probabilities
        )

    @property
    def classes(self) -> int:
        """Number of classes."""
        assert self.card.scheme is not None  # checked on construction
        return len(self.card.scheme.classes)


def prediction_key(
    scene_fingerprint: str, card: Card, scene: SceneReference, *, tta: bool, probabilities: bool
) -> str:
    """Return the name under which a prediction is stored, 32 hex digits.

    It changes with the scene's content, its radiometry and band roles, the weights, what the card says of
    input and calibration, and the options; not with region, device or what the model is called.
    """
    facts = {
        "method": _METHOD,
        "scene": scene_fingerprint,
        "radiometry": scene.radiometry.model_dump(mode="json") if scene.radiometry else None,
        "roles": sorted((index, role or "") for index, role in scene.roles),
        "weights": card.sha256,
        "model": card.model_dump(
            mode="json",
            include={
                "family", "architecture", "bands", "input_values", "tile_px", "temperature", "logit_bias",
                "scheme",
            },
        ),
        "options": {"tta": tta, "probabilities": probabilities},
    }  # fmt: skip
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def mapped(place: str, path_mapping: PathMapping) -> str:
    """Return a path as workers see it: the longest mapped folder above it is exchanged."""
    for here, there in sorted(path_mapping, key=lambda pair: -len(pair[0])):
        parts = _parts(here)
        if _parts(place)[: len(parts)] == parts:
            rest = _parts(place)[len(parts) :]
            return "/".join([there.rstrip("/\\"), *rest])
    return place


def _parts(path: str) -> tuple[str, ...]:
    is_windows = "\\" in path or path[1:2] == ":"
    return PureWindowsPath(path).parts if is_windows else PurePosixPath(path).parts
