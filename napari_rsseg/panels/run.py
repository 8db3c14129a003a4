"""One segmentation from the click to its report, on a thread of its own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from napari_rsseg.engine.events import BlockDone

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from napari_rsseg.engine.events import DeviceInfo, EngineEvent, PredictionReport
    from napari_rsseg.engine.prompting.prompts import PromptAnswer, Prompts, Proposals, ViewReady
    from napari_rsseg.engine.prompting.view import PromptView
    from napari_rsseg.engine.request import PredictionRequest
    from napari_rsseg.panels.labelling import Labelling
    from napari_rsseg.panels.options import SegmentOptions
    from napari_rsseg.registry.sources import ModelFile
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window

__all__ = ["Run", "SegmentationEngine", "SegmentationJob"]


class SegmentationJob(Protocol):
    """A prediction that is going on."""

    def cancel(self) -> None:
        """Stop soon; returns at once."""

    def wait(self) -> PredictionReport:
        """Block until it has ended."""

    def set_view(self, window: Window) -> None:
        """Predict what lies here first."""


class SegmentationEngine(Protocol):
    """What predicts: the cluster of this computer or another, or a stand-in in tests."""

    def device(self) -> DeviceInfo:
        """Return what it computes on."""

    def predict(
        self, request: PredictionRequest, *, on_event: Callable[[EngineEvent], None]
    ) -> SegmentationJob:
        """Begin a prediction; events arrive on a thread of the engine."""

    def prepare_view(self, view: PromptView) -> Future[ViewReady]:
        """Compute all that clicks in a view need, in the background."""

    def segment_prompts(self, view: PromptView, prompts: Prompts) -> Future[PromptAnswer]:
        """Find the object that prompts point at, in the background."""

    def propose(self, view: PromptView) -> Future[Proposals]:
        """Find everything in a view, in the background."""

    def close(self) -> None:
        """Stop its processes."""


@dataclass(eq=False)
class Run:
    """One segmentation.

    Attributes
    ----------
    scene_title, scene : str, Scene
        What is segmented.
    task : str
        Name of the scheme.
    model : ModelFile
        What predicts.
    region, view : Window, Window or None
        The part to predict, and what of it the user looks at.
    options : SegmentOptions
        How to predict.
    labelling : Labelling
        Where the result goes.
    keep_edits : bool
        Whether pixels that the user changed stay as they are.
    report : PredictionReport or None
        What came of it; None before its end, and when it failed.
    """

    scene_title: str
    scene: Scene
    task: str
    model: ModelFile
    region: Window
    view: Window | None
    options: SegmentOptions
    labelling: Labelling
    keep_edits: bool
    store_root: Path
    report: PredictionReport | None = None
    _job: SegmentationJob | None = field(default=None, repr=False)
    _cancelled: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def is_cancelled(self) -> bool:
        """Whether the user stopped it."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Stop soon; blocks that are done stay."""
        self._cancelled.set()
        if self._job is not None:
            self._job.cancel()

    def look_at(self, view: Window) -> None:
        """Predict what lies here first."""
        if self._job is not None:
            self._job.set_view(view)

    def request(self) -> PredictionRequest:
        """Return what is asked of the engine.

        Raises
        ------
        ModelError
            When the model does not fit the scene.
        EngineError
            When the store cannot be used.
        """
        from napari_rsseg.jobs.segmentation import plan_segmentation

        return plan_segmentation(
            self.scene,
            self.model,
            options=self.options,
            region=self.region,
            view=self.view,
            store_root=self.store_root,
        )

    def execute(self, engine: SegmentationEngine, on_event: Callable[[EngineEvent], None]) -> None:
        """Predict, writing each block into the labelling as it arrives; blocks until the end.

        Raises
        ------
        RssegError
            When the model does not fit, or the engine fails as a whole.
        """
        request = self.request()
        if not self.keep_edits:
            self.labelling.release(self.region)
        self.labelling.model = (request.card.name, request.card.sha256 or "")
        if self.labelling.key not in ("", request.key):
            self.labelling.forget_prediction()
        self.labelling.key = request.key

        self._show_stored(request, on_event)

        def take(event: EngineEvent) -> None:
            if isinstance(event, BlockDone):
                self.labelling.write(event.window, event.labels, event.confidence)
            on_event(event)

        self._job = engine.predict(request, on_event=take)
        if self.is_cancelled:
            self._job.cancel()
        self.report = self._job.wait()
        self.labelling.tags = {**self._tags(request), **self._made_on(self.report)}

    def _tags(self, request: PredictionRequest) -> dict[str, str]:
        """Return what a file of these labels says of their origin."""
        assert request.scene.radiometry is not None  # checked in the request
        return {
            "model": request.card.name,
            "model_sha256": request.card.sha256,
            "radiometry": request.scene.radiometry.model_dump_json(),
            "tta": "yes" if request.tta else "no",
        }

    def _made_on(self, report: PredictionReport) -> dict[str, str]:
        """Return device and number format; those of an earlier run where this one had nothing to do."""
        if not report.device:
            return {
                key: self.labelling.tags[key] for key in ("device", "precision") if key in self.labelling.tags
            }
        return {"device": report.device, "precision": report.precision}

    def _show_stored(self, request: PredictionRequest, on_event: Callable[[EngineEvent], None]) -> None:
        """Take in the blocks of the region that an earlier run left."""
        from napari_rsseg.engine.results import PredictionStore  # the array library loads on this thread

        if not request.store.exists():
            return
        store = PredictionStore.open(request.store)
        for block in store.done_blocks(request.region):
            window = store.grid.window(block)
            labels, confidence = store.read_labels(window), store.read_confidence(window)
            self.labelling.write(window, labels, confidence)
            on_event(BlockDone(window, labels, confidence))
