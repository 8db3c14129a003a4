"""Array in, probabilities out: tiles, blocks, workers and stored predictions.

`Engine` is loaded when it is first asked for: dask.distributed must not slow down the start of the window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_rsseg.engine.events import (
    BlockDone,
    BlockFailed,
    Changed,
    DeviceInfo,
    EngineEvent,
    OverviewDone,
    PartReady,
    PredictionReport,
    Progress,
)  # fmt: skip
from napari_rsseg.engine.prompting.prompts import (
    Candidate,
    PackedMask,
    PromptAnswer,
    PromptBox,
    PromptPoint,
    PromptPolygon,
    Prompts,
    PromptStroke,
    Proposals,
    ViewReady,
)  # fmt: skip
from napari_rsseg.engine.prompting.view import PromptSegmenter, PromptView, choose_segmenter, view_of
from napari_rsseg.engine.request import PredictionRequest, prediction_key

if TYPE_CHECKING:
    from napari_rsseg.engine.cluster import Engine
    from napari_rsseg.engine.job import PredictionJob
    from napari_rsseg.engine.results import PredictionStore

__all__ = [
    "BlockDone",
    "BlockFailed",
    "Candidate",
    "Changed",
    "DeviceInfo",
    "Engine",
    "EngineEvent",
    "OverviewDone",
    "PackedMask",
    "PartReady",
    "PredictionJob",
    "PredictionReport",
    "PredictionRequest",
    "PredictionStore",
    "Progress",
    "PromptAnswer",
    "PromptBox",
    "PromptPoint",
    "PromptPolygon",
    "PromptSegmenter",
    "PromptStroke",
    "PromptView",
    "Prompts",
    "Proposals",
    "ViewReady",
    "choose_segmenter",
    "prediction_key",
    "view_of",
]

_LATE = {"Engine": "cluster", "PredictionJob": "job", "PredictionStore": "results"}


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
