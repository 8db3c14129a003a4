"""State and commands of the Segment page; knows neither Qt nor napari."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from psygnal import EmitLoopError, Signal, SignalGroupDescriptor

from napari_rsseg.engine.events import BlockDone, Changed, EngineEvent, Progress
from napari_rsseg.errors import RssegError
from napari_rsseg.panels.engine_start import EngineStart
from napari_rsseg.panels.faults import describe_fault
from napari_rsseg.panels.labelling import Labelling
from napari_rsseg.panels.model_choices import ModelChoice, model_choices
from napari_rsseg.panels.options import SegmentOptions
from napari_rsseg.panels.outcome import ShownArea, areas_of, describe_engine, describe_report, describe_speed
from napari_rsseg.panels.question import Question
from napari_rsseg.panels.region import RegionKind, choose_region
from napari_rsseg.panels.run import Run
from napari_rsseg.registry.sources import open_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.engine.events import DeviceInfo
    from napari_rsseg.panels.run import SegmentationEngine
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window

__all__ = ["TASKS", "EngineState", "RunState", "SegmentPanel"]

_LOGGER = logging.getLogger(__name__)

TASKS: dict[str, str] = {"landslide": "Landslides", "cloud": "Clouds and shadows", "grass": "Grass cover"}
"""Built-in tasks, by the name of the scheme, as they are shown."""

EngineState = Literal["off", "starting", "ready", "failed"]
RunState = Literal["idle", "running", "cancelling"]


@dataclass
class SegmentPanel:
    """State and commands of the Segment page.

    Attributes
    ----------
    start_engine : callable
        Starts the engine on a scheduler address, or here for None; blocks until it is up.
    store_root : Path
        Folder of the stored predictions.
    find_view : callable
        Returns what of a scene is in view, in its pixels; None where it shows nothing of it.
    scenes : mapping
        Open scenes by title.
    scene_title : str
        The one to segment.
    task : str
        Name of the scheme to predict.
    models : tuple of ModelChoice
        All models of the task, those that cannot run included.
    model_name : str
        The chosen one.
    region_kind : {"view", "rectangle", "whole"}
        Which part of the scene is segmented.
    rectangle : Window or None
        The drawn rectangle, in scene pixels.
    options : SegmentOptions
        How to predict.
    engine_state, device : str, DeviceInfo or None
        Whether the engine is up, and what it computes on.
    run_state : {"idle", "running", "cancelling"}
        What is going on.
    resumable : bool
        Whether blocks of the last run are still missing.
    done, total, pixels_per_second, eta_s : numbers
        Progress in blocks, speed, and seconds left (None: unknown).
    message : str
        Last line for the user: a result, or an error with its remedy.
    paint_reach : str
        Which pixels can be painted, where that is not the whole scene.
    question : Question or None
        What must be answered before the run starts.
    areas : tuple of ShownArea
        Area of each class in the region of the last run.
    """

    start_engine: Callable[[str | None], SegmentationEngine] = field(repr=False)
    store_root: Path
    find_view: Callable[[Scene], Window | None] = field(default=lambda scene: None, repr=False)
    scenes: dict[str, Scene] = field(default_factory=dict)
    scene_title: str = ""
    task: str = "landslide"
    models: tuple[ModelChoice, ...] = ()
    model_name: str = ""
    region_kind: RegionKind = "whole"
    rectangle: Window | None = None
    options: SegmentOptions = field(default_factory=SegmentOptions)
    engine_state: EngineState = "off"
    device: DeviceInfo | None = None
    run_state: RunState = "idle"
    resumable: bool = False
    done: int = 0
    total: int = 0
    pixels_per_second: float = 0.0
    eta_s: float | None = None
    message: str = ""
    paint_reach: str = ""
    question: Question | None = None
    areas: tuple[ShownArea, ...] = ()

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()
    run_prepared: ClassVar[Signal] = Signal(object)  # Run: its labels are about to be written
    block_written: ClassVar[Signal] = Signal(object, object)  # Run, Window
    run_finished: ClassVar[Signal] = Signal(object)  # Run

    def __post_init__(self) -> None:
        self._engine: EngineStart | None = None
        self._labellings: dict[tuple[str, str], Labelling] = {}
        self._extra_models: list[Path] = []
        self._run: Run | None = None
        self._waiting: Run | None = None
        self.refresh_models()

    # scene, task, model, region

    @property
    def scene(self) -> Scene | None:
        """The scene to segment."""
        return self.scenes.get(self.scene_title)

    @property
    def model(self) -> ModelChoice | None:
        """The chosen model."""
        return next((choice for choice in self.models if choice.name == self.model_name), None)

    def add_scene(self, title: str, scene: Scene) -> None:
        """Offer a scene that was opened, and choose it."""
        self.scenes = {**self.scenes, title: scene}
        self.choose_scene(title)

    def remove_scene(self, title: str) -> None:
        """Forget a scene that was closed; its labels are kept for when it is opened again."""
        self.scenes = {key: scene for key, scene in self.scenes.items() if key != title}
        if self.scene_title == title:
            self.choose_scene(next(iter(self.scenes), ""))

    def replace_scene(self, old: Scene, new: Scene) -> None:
        """Take a scene opened anew for the old one, under its title, and look anew at which models fit."""
        self.scenes = {title: new if scene is old else scene for title, scene in self.scenes.items()}
        self.resumable = False
        self.refresh_models()

    def choose_scene(self, title: str) -> None:
        """Take another scene; which models fit is looked at anew."""
        self.scene_title, self.rectangle, self.resumable, self.areas = title, None, False, ()
        self.refresh_models()

    def choose_task(self, task: str) -> None:
        """Take another task and its models."""
        self.task, self.resumable, self.areas = task, False, ()
        self.refresh_models()

    def choose_model(self, name: str) -> None:
        """Take another model."""
        self.model_name, self.resumable = name, False

    def import_model(self, path: Path) -> None:
        """Offer a model file from anywhere; what is wrong with it becomes the message."""
        try:
            model = open_model(path)
        except RssegError as error:
            self.message = str(error)
            return
        self._extra_models.append(path)
        if model.task in TASKS and model.task != self.task:
            self.task = model.task
        self.refresh_models()
        self.model_name, self.message = model.card.name, f"{model.card.title} is ready."

    def refresh_models(self) -> None:
        """List the models of the task anew; the choice stays where it can."""
        self.models = model_choices(self.task, self.scene, self._extra_models)
        if self.model is None or self.model.state != "ready":
            self.model_name = next((choice.name for choice in self.models if choice.state == "ready"), "")

    # engine

    def start(self) -> None:
        """Start the engine in the background; the page is usable meanwhile."""
        self.engine_state, self.device = "starting", None
        scheduler = self.options.scheduler or None
        self._engine = EngineStart(
            lambda: self.start_engine(scheduler), on_ready=self._on_ready, on_failed=self._on_failed
        )

    def _on_ready(self, engine: SegmentationEngine) -> None:
        try:
            self.device = engine.device()
        except RssegError as error:
            self.message = str(error)
        self.engine_state = "ready"

    def _on_failed(self, error: Exception) -> None:
        _LOGGER.error("the engine did not start", exc_info=error)
        self.engine_state, self.message = "failed", describe_fault(error)

    @property
    def device_line(self) -> str:
        """Whether the engine is up, and what it computes on."""
        return describe_engine(self.engine_state, self.device)

    @property
    def speed_line(self) -> str:
        """Blocks done, speed and time left of the run."""
        return describe_speed(self.done, self.total, self.pixels_per_second, self.eta_s)

    def choose_options(self, options: SegmentOptions) -> None:
        """Take other options; another scheduler means another engine."""
        moved = options.scheduler != self.options.scheduler
        self.options = options
        if moved and self.engine_state != "off":
            self.close()
            self.start()

    def close(self) -> None:
        """Stop the run and the engine; returns at once."""
        if self._run is not None:
            self._run.cancel()
        if self._engine is not None:
            self._engine.close()
        self._engine, self.engine_state, self.device = None, "off", None

    # runs

    @property
    def obstacle(self) -> str:
        """Why Segment cannot be pressed, and what to do; empty when it can."""
        if self.run_state != "idle":
            return "A segmentation is going on. Wait for its end or cancel it."
        if self.scene is None:
            return "No scene is open. Open one with the button above or drop a file on the window."
        if self.model is None:
            return "No model of this task can run on this scene. Pick a line of the list to read why."
        if self.model.state != "ready":
            return self.model.reason
        return ""

    @property
    def can_segment(self) -> bool:
        """Whether Segment may be pressed."""
        return not self.obstacle and self.question is None

    def labelling(self, scene: Scene, scheme: Scheme) -> Labelling:
        """Return the labels of a scene under a scheme, empty ones where there are none."""
        key = (scene.fingerprint, scheme.name)
        if key not in self._labellings:
            self._labellings[key] = Labelling(scheme, scene.height, scene.width)
        return self._labellings[key]

    def segment(self) -> None:
        """Begin a run, or ask first where it would change what the user painted."""
        if self.obstacle:
            self.message = self.obstacle
            return
        try:
            run = self._plan()
        except RssegError as error:
            self.message = str(error)
            return
        edited = run.labelling.count_edited(run.region)
        if edited and not self.resumable:
            self._waiting = run
            self.question = Question(
                f"{edited} pixels of these labels were changed by hand. Keep them?",
                {"keep": "Keep my changes", "overwrite": "Overwrite", "stop": "Cancel"},
            )
            return
        self._begin(run)

    def answer(self, answer: str) -> None:
        """Answer the question that a run waits for."""
        run, self._waiting, self.question = self._waiting, None, None
        if run is None or answer == "stop":
            return
        run.keep_edits = answer == "keep"
        self._begin(run)

    def cancel(self) -> None:
        """Stop the run; blocks that are done stay, and Segment resumes the rest."""
        if self._run is not None and self.run_state == "running":
            self.run_state, self.message = "cancelling", "Cancelled. Finishing what cannot be stopped."
            self._run.cancel()

    def look_at(self, view: Window) -> None:
        """Predict what is in view first."""
        if self._run is not None:
            self._run.look_at(view)

    def _plan(self) -> Run:
        scene, choice = self.scene, self.model
        assert scene is not None
        assert choice is not None
        assert choice.model is not None  # no obstacle
        scheme = choice.model.card.scheme
        assert scheme is not None  # the list holds models of a task
        view = self.find_view(scene)
        region = choose_region(self.region_kind, scene, view=view, rectangle=self.rectangle)
        return Run(
            scene_title=self.scene_title,
            scene=scene,
            task=self.task,
            model=choice.model,
            region=region,
            view=view,
            options=self.options,
            labelling=self.labelling(scene, scheme),
            keep_edits=True,
            store_root=self.store_root,
        )

    def _begin(self, run: Run) -> None:
        if self._engine is None or self.engine_state == "failed":
            self.start()
        try:
            self.run_prepared.emit(run)
        except EmitLoopError as error:  # the layers could not be made: nothing was begun
            self.message = describe_fault(error.__cause__ or error)
            return
        self._run, self.run_state, self.resumable, self.areas = run, "running", False, ()
        self.done, self.total, self.pixels_per_second, self.eta_s = 0, 0, 0.0, None
        self.message = "" if self.engine_state == "ready" else "Waiting for the engine to start."
        threading.Thread(target=self._work, args=(run,), name="rsseg-run", daemon=True).start()

    def _work(self, run: Run) -> None:
        try:
            assert self._engine is not None
            run.execute(self._engine.wait(), lambda event: self._take(run, event))
            self._conclude(run)
        except Exception as error:  # noqa: BLE001 - the last door before the thread ends; logged by describe_fault
            self.message = describe_fault(error)
            self.resumable = self.done > 0
        self.run_finished.emit(run)
        self._run, self.run_state = None, "idle"

    def _take(self, run: Run, event: EngineEvent) -> None:
        if isinstance(event, BlockDone):
            self.block_written.emit(run, event.window)
        elif isinstance(event, Progress):
            self.done, self.total = event.done, event.total
            self.pixels_per_second, self.eta_s = event.pixels_per_second, event.eta_s
        elif isinstance(event, Changed):
            self.message = event.message

    def _conclude(self, run: Run) -> None:
        """Say what came of a run."""
        report = run.report
        assert report is not None
        self.done, self.total = len(report.done), len(report.done) + len(report.missing)
        self.eta_s, self.pixels_per_second = None, report.pixels_per_second
        self.resumable = not report.is_complete
        self.message = describe_report(report)
        self.areas = areas_of(run)
