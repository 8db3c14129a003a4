"""State and commands of the Segment page; knows neither Qt nor napari."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.classes.scheme import BUILTIN_SCHEMES, builtin_scheme
from napari_rsseg.errors import RssegError
from napari_rsseg.panels.engine_start import EngineStart
from napari_rsseg.panels.faults import describe_fault
from napari_rsseg.panels.labellings import Labellings
from napari_rsseg.panels.model_choices import ModelChoice, model_choices
from napari_rsseg.panels.outcome import describe_engine, describe_speed, recoloured
from napari_rsseg.panels.question import Question
from napari_rsseg.panels.region import choose_region
from napari_rsseg.panels.run import Run
from napari_rsseg.panels.run_control import RunControl
from napari_rsseg.panels.segment_state import TASKS, SegmentState
from napari_rsseg.registry.sources import open_model, scan_models

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.panels.labelling import Labelling
    from napari_rsseg.panels.options import SegmentOptions
    from napari_rsseg.panels.run import SegmentationEngine
    from napari_rsseg.registry.sources import InstalledModels
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window

__all__ = ["TASKS", "SegmentPanel"]

_LOGGER = logging.getLogger(__name__)


@dataclass
class SegmentPanel(SegmentState):
    """Commands of the Segment page over its state; takes the same arguments."""

    def __post_init__(self) -> None:
        self._engine: EngineStart | None = None
        self.labellings = Labellings(self)
        self._extra_models: list[Path] = []
        self._runs = RunControl(self)
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

    def add_task(self, scheme: Scheme) -> None:
        """Offer a scheme among the tasks."""
        self.tasks = {scheme.name: scheme.name, **self.tasks} if scheme.name not in self.tasks else self.tasks
        if scheme.name not in BUILTIN_SCHEMES and scheme.name not in self.looks:
            self.looks = {**self.looks, scheme.name: scheme}

    def wear(self, scheme: Scheme) -> None:
        """Show the classes of a scheme in its colours and with its words from now on."""
        self.labellings.wear(scheme)
        self.looks = {**self.looks, scheme.name: scheme}
        if self.task == scheme.name:
            self.areas = recoloured(self.areas, scheme)

    def dressed(self, scheme: Scheme) -> Scheme:
        """Return a scheme as the user wants it shown."""
        look = self.looks.get(scheme.name)
        return look if look is not None and look.names == scheme.names else scheme

    def scheme_of(self, task: str) -> Scheme:
        """Return the classes of a task, as the user wants them shown."""
        return self.looks.get(task) or builtin_scheme(task)

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
        if model.card.scheme is not None:
            self.task = model.card.scheme.name
        self.refresh_models()
        self.model_name, self.message = model.card.name, f"{model.card.title} is ready."

    @property
    def extra_models(self) -> tuple[Path, ...]:
        """Models named by the user, beside those of the package and of the user's folder."""
        return tuple(self._extra_models)

    def refresh_models(self, installed: InstalledModels | None = None) -> None:
        """List the models of the task anew, and the tasks of all; the choice stays where it can.

        Parameters
        ----------
        installed : InstalledModels, optional
            What the model folders hold, when it is known already.
        """
        found = scan_models(self._extra_models) if installed is None else installed
        for model in found.models:
            if model.card.scheme is not None:
                self.add_task(model.card.scheme)
        self.models = model_choices(self.task, self.scene, installed=found)
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

    def running_engine(self) -> Callable[[], SegmentationEngine]:
        """Return what waits for the engine, which is started where it is not up."""
        if self._engine is None or self.engine_state == "failed":
            self.start()
        assert self._engine is not None  # started
        return self._engine.wait

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
            self._close_engine()
            self.start()

    def close(self) -> None:
        """Stop run and engine without waiting for their end, and save and close all labels."""
        self._close_engine()
        self.labellings.close()

    def _close_engine(self) -> None:
        self._runs.cancel()
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
        return self.labellings.of(scene, scheme)

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
        if self.run_state == "running":
            self.run_state, self.message = "cancelling", "Cancelled. Finishing what cannot be stopped."
            self._runs.cancel()

    def look_at(self, view: Window) -> None:
        """Predict what is in view first."""
        self._runs.look_at(view)

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
        self._runs.begin(run, self.running_engine())
