"""Everything that the Segment page shows, as evented fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from psygnal import Signal, SignalGroupDescriptor

from napari_rsseg.panels.options import SegmentOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.engine.events import DeviceInfo
    from napari_rsseg.panels.model_choices import ModelChoice
    from napari_rsseg.panels.outcome import ShownArea
    from napari_rsseg.panels.question import Question
    from napari_rsseg.panels.region import RegionKind
    from napari_rsseg.panels.run import SegmentationEngine
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window

__all__ = ["TASKS", "EngineState", "RunState", "SegmentState"]

TASKS: dict[str, str] = {"landslide": "Landslides", "cloud": "Clouds and shadows", "grass": "Grass cover"}
"""Built-in tasks, by the name of the scheme, as they are shown."""

EngineState = Literal["off", "starting", "ready", "failed"]
RunState = Literal["idle", "running", "cancelling"]


@dataclass
class SegmentState:
    """State of the Segment page.

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
    tasks : mapping
        Names of all schemes on offer, as they are shown.
    looks : mapping
        Colours and words that the user chose, by name of the scheme.
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
    tasks: dict[str, str] = field(default_factory=lambda: dict(TASKS))
    looks: dict[str, Scheme] = field(default_factory=dict)
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
