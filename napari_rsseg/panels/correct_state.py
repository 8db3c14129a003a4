"""Everything that the Correct page shows, as evented fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from psygnal import Signal, SignalGroupDescriptor

from napari_rsseg.editing.tools import OnlyOver
from napari_rsseg.panels.correct_options import CorrectOptions
from napari_rsseg.panels.tool_keys import remembered_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    import numpy.typing as npt

    from napari_rsseg.editing import Operation
    from napari_rsseg.editing.tools import Superpixels
    from napari_rsseg.panels.correct_site import CorrectSite
    from napari_rsseg.panels.prompting import Prompting
    from napari_rsseg.panels.segment import SegmentPanel
    from napari_rsseg.scenes.windows import Window

__all__ = ["CorrectState"]


@dataclass
class CorrectState:
    """State of the Correct page.

    Attributes
    ----------
    segment : SegmentPanel
        Says which scene and task.
    prompting : Prompting
        One of the tools.
    find_site : callable
        Returns the labels that are corrected now; None where there are none.
    find_window : callable
        Returns what of the scene is in view.
    find_review : callable
        Returns the window under review; None where there is none.
    find_others : callable
        Returns readers of other labels of the scene by title: other layers, and other dates of its place.
    step_date, flicker : callable
        Show another date of the place, by how many steps, or the one seen before; return what is seen.
    tool : str
        Key of the chosen tool.
    class_id : int
        The active class.
    over : OnlyOver
        What may be painted over.
    options : CorrectOptions
        Settings of the tools.
    keys : mapping
        Key of each tool and command.
    other : str
        Title of the labels that are copied from.
    superpixels : Superpixels or None
        The division of the view.
    preview : Operation or None
        What Enter applies.
    can_undo, can_redo : bool
        Whether there is a step to take back, or to do again.
    hides_labels, shows_provenance : bool
        Whether labels are hidden for now; whether it is shown who says each pixel.
    activity, message : str
        What is going on; last line for the user: a result, or an error with its remedy.
    """

    segment: SegmentPanel = field(repr=False)
    prompting: Prompting = field(repr=False)
    find_site: Callable[[], CorrectSite | None] = field(default=lambda: None, repr=False)
    find_window: Callable[[], Window | None] = field(default=lambda: None, repr=False)
    find_review: Callable[[], Window | None] = field(default=lambda: None, repr=False)
    find_others: Callable[[], Mapping[str, Callable[[Window], npt.NDArray[np.uint8]]]] = field(
        default=dict, repr=False
    )
    step_date: Callable[[int], str] = field(default=lambda by: "", repr=False)
    flicker: Callable[[], str] = field(default=lambda: "", repr=False)
    tool: str = "move"
    class_id: int = 1
    over: OnlyOver = field(default_factory=OnlyOver)
    options: CorrectOptions = field(default_factory=CorrectOptions)
    keys: Mapping[str, str] = field(default_factory=remembered_keys)
    other: str = ""
    superpixels: Superpixels | None = None
    preview: Operation | None = None
    can_undo: bool = False
    can_redo: bool = False
    hides_labels: bool = False
    shows_provenance: bool = False
    activity: str = ""
    message: str = ""

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()
    armed: ClassVar[Signal] = Signal()
    """Emitted after a tool was chosen, be it the same again."""
    changed: ClassVar[Signal] = Signal()
    """Emitted after labels or who says them changed, on any thread."""
