"""Everything that prompting shows, as evented fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from psygnal import Signal, SignalGroupDescriptor

from napari_rsseg.engine.prompting.prompts import PromptBox, PromptPoint, PromptPolygon, Prompts, PromptStroke

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.engine.prompting.prompts import Candidate
    from napari_rsseg.engine.prompting.view import PromptView
    from napari_rsseg.panels.segment import SegmentPanel
    from napari_rsseg.scenes.scene import Scene
    from napari_rsseg.scenes.windows import Window

__all__ = [
    "TOOLS",
    "Given",
    "PromptState",
    "PromptTool",
    "WrittenMask",
    "detail_choices",
    "is_inside",
    "places_of",
    "prompts_of",
]

Given = PromptPoint | PromptBox | PromptStroke | PromptPolygon
PromptTool = Literal["point", "box", "scribble", "polygon"]
TOOLS: dict[PromptTool, tuple[str, str]] = {
    "point": ("Click", "Click on the object; with Shift or the right button, on what does not belong to it."),
    "box": ("Box", "Drag a rectangle around the object."),
    "scribble": ("Scribble", "Drag a line over the object; with Shift, over what does not belong to it."),
    "polygon": (
        "Outline",
        "Drag a rough outline inside the object; with Shift, around what is not part of it.",
    ),
}
"""Words and tooltip of each way to point at something."""
_STEPS = (1, 2, 4, 8)


@dataclass(frozen=True)
class WrittenMask:
    """Pixels that get the active class.

    Attributes
    ----------
    scene, task : Scene, str
        Whose labels.
    window : Window
        A part of the scene, in pixels.
    mask : ndarray, (height, width) of the window, bool
        Which pixels of it; measured ones only.
    class_id : int
        What they get.
    """

    scene: Scene
    task: str
    window: Window
    mask: npt.NDArray[np.bool_]
    class_id: int


@dataclass
class PromptState:
    """State of prompting.

    Attributes
    ----------
    segment : SegmentPanel
        Says which scene and task, and starts the engine.
    is_on : bool
        Whether clicks on the canvas are prompts.
    tool : {"point", "box", "scribble", "polygon"}
        How the next prompt is given.
    is_negative : bool
        Whether the next prompt says what does not belong to the object.
    class_id : int
        Class that masks get.
    detail : float
        Ground size of a pixel that the segmenter sees, in pixels of the scene; 0: as the view needs it.
    segmenter : str
        Which one answers, and how to get the better one.
    view : PromptView or None
        Where prompts are answered now.
    activity : str
        What is going on in the background; empty when clicks are answered at once.
    given : tuple of prompts
        All about one object, in the order they were given.
    candidates : tuple of Candidate
        What the object may be.
    chosen : int
        Which of them is shown.
    regions : tuple of Candidate
        What was proposed, the largest first.
    assigned : frozenset of int
        Positions of the regions that have got a class.
    message : str
        Last line for the user: a result, or an error with its remedy.
    """

    segment: SegmentPanel = field(repr=False)
    is_on: bool = False
    tool: PromptTool = "point"
    is_negative: bool = False
    class_id: int = 1
    detail: float = 0.0
    segmenter: str = ""
    view: PromptView | None = None
    activity: str = ""
    given: tuple[Given, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    chosen: int = 0
    regions: tuple[Candidate, ...] = ()
    assigned: frozenset[int] = frozenset()
    message: str = ""

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()
    written: ClassVar[Signal] = Signal(object)  # WrittenMask; emitted on a thread of the background

    @property
    def candidate(self) -> Candidate | None:
        """The mask that is shown."""
        return self.candidates[self.chosen] if self.candidates else None

    @property
    def candidate_words(self) -> str:
        """Which of the masks is shown, and how sure the segmenter is of it."""
        shown = self.candidate
        if shown is None:
            return ""
        return f"Mask {self.chosen + 1} of {len(self.candidates)}, expected IoU {shown.quality:.2f}"


def detail_choices(scene: Scene | None) -> dict[float, str]:
    """Return the ground sizes to choose from, as they are shown."""
    choices: dict[float, str] = {0.0: "As the view needs it"}
    if scene is not None:
        for step in _STEPS:
            size = f"{scene.gsd_m * step:.3g} m" if scene.gsd_m else f"{step} px"
            choices[float(step)] = f"{size} per pixel"
    return choices


def prompts_of(given: tuple[Given, ...], previous: Candidate | None) -> Prompts:
    """Return prompts by their kinds, with the mask that they correct."""
    return Prompts(
        points=tuple(entry for entry in given if isinstance(entry, PromptPoint)),
        boxes=tuple(entry for entry in given if isinstance(entry, PromptBox)),
        strokes=tuple(entry for entry in given if isinstance(entry, PromptStroke)),
        polygons=tuple(entry for entry in given if isinstance(entry, PromptPolygon)),
        previous=previous,
    )


def is_inside(prompt: Given, window: Window) -> bool:
    """Return whether any part of a prompt lies in a window."""
    rows, columns = places_of(prompt).T
    return bool(
        rows.max() >= window.row_start
        and rows.min() < window.row_stop
        and columns.max() >= window.column_start
        and columns.min() < window.column_stop
    )


def places_of(prompt: Given) -> npt.NDArray[np.float64]:
    """Return the rows and columns of a prompt, (n, 2); of a box its four corners, in order around it."""
    if isinstance(prompt, PromptPoint):
        return np.array([[prompt.row, prompt.column]])
    if isinstance(prompt, PromptBox):
        top, left, bottom, right = prompt.row_start, prompt.column_start, prompt.row_stop, prompt.column_stop
        return np.array([[top, left], [top, right], [bottom, right], [bottom, left]])
    return np.asarray(prompt.vertices, dtype=np.float64)
