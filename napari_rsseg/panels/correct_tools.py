"""The tools of the Correct page as a table: key, words, how one points, and what it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_rsseg.editing import tools
from napari_rsseg.editing.tools import ObjectFilter, OnlyOver, pixels_of_area

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.editing import Operation
    from napari_rsseg.editing.tools import Ground, Seen, Superpixels
    from napari_rsseg.panels.correct_options import CorrectOptions
    from napari_rsseg.scenes.windows import Window

__all__ = ["CORRECT_TOOLS", "CorrectTool", "Gesture", "Situation", "tool_of"]

Gesture = Literal["move", "brush", "eraser", "outline", "lasso", "click", "drag", "prompt", "none"]
"""``move``, ``brush`` and ``eraser`` are the viewer's own; ``outline`` is drawn corner by corner, ``lasso``
in one go; ``none`` acts at once on what is in view."""


@dataclass(frozen=True, eq=False)
class Situation:
    """What a tool works with.

    Attributes
    ----------
    ground : Ground
        Labels that can be changed.
    scheme : Scheme
        Their classes.
    gsd_m : float or None
        Ground size of a pixel.
    places : ndarray, (n, 2), float
        Rows and columns where a person pointed; empty for tools that act at once.
    class_id : int
        The active class.
    window : Window
        What is in view, or the window under review.
    options : CorrectOptions
        Settings.
    over : OnlyOver
        What may be painted over.
    seen, superpixels : Seen or None, Superpixels or None
        The picture in view and its division, for tools that need them.
    other : callable or None
        Returns other labels of a window: another layer, or another date of the place.
    """

    ground: Ground
    scheme: Scheme
    gsd_m: float | None
    places: npt.NDArray[np.float64]
    class_id: int
    window: Window
    options: CorrectOptions
    over: OnlyOver
    seen: Seen | None = None
    superpixels: Superpixels | None = None
    other: Callable[[Window], npt.NDArray[np.uint8]] | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Row and column of the pixel that was pointed at last."""
        row, column = np.rint(self.places[-1]).astype(int)
        return int(row), int(column)

    @property
    def background(self) -> int | None:
        """Class of what is nothing else; None where the scheme has none."""
        return next(iter(self.scheme.background_ids), None)

    @property
    def wanted(self) -> ObjectFilter:
        """Which objects of a region are meant: of the classes to paint over, else all but background."""
        classes = self.over.classes
        if classes is None:
            classes = frozenset(range(len(self.scheme.classes))) - frozenset(self.scheme.background_ids)
        most = pixels_of_area(self.options.most_m2, self.gsd_m)
        return ObjectFilter(
            classes,
            pixels_of_area(self.options.least_m2, self.gsd_m),
            most or None,
            self.over.below_confidence,
        )


@dataclass(frozen=True)
class CorrectTool:
    """A tool.

    Attributes
    ----------
    key : str
        Names it in files.
    shortcut : str
        Its key on the canvas unless the user chose another one, as Qt writes it.
    words, tooltip : str
        Its button, and a sentence on what it does.
    gesture : Gesture
        How one points.
    make : callable or None
        From the situation to the operation; None for tools of the viewer.
    needs_picture, needs_superpixels, needs_other : bool
        What must be there before.
    is_previewed : bool
        Whether the result is shown before it is applied.
    takes_review : bool
        Whether it acts on the window under review, where there is one, and not on the view.
    chooses_objects : bool
        Whether confidence is that of whole objects, and not of pixels.
    """

    key: str
    shortcut: str
    words: str
    tooltip: str
    gesture: Gesture
    make: Callable[[Situation], Operation | None] | None = None
    needs_picture: bool = False
    needs_superpixels: bool = False
    needs_other: bool = False
    is_previewed: bool = False
    chooses_objects: bool = False
    takes_review: bool = False


def _polygon(now: Situation) -> Operation | None:
    return tools.polygon(now.places, now.class_id, now.ground.extent)


def _lasso(now: Situation) -> Operation | None:
    return tools.polygon(now.places, now.class_id, now.ground.extent, tool="lasso")


def _fill(now: Situation) -> Operation | None:
    return tools.fill(now.ground, now.place, now.class_id)


def _superpixels(now: Situation) -> Operation | None:
    assert now.superpixels is not None  # needed
    return tools.collected(now.superpixels, now.places, now.class_id)


def _smart_fill(now: Situation) -> Operation | None:
    assert now.seen is not None  # needed
    options = now.options
    return tools.smart_fill(
        now.ground,
        now.seen,
        now.place,
        now.class_id,
        tolerance=options.tolerance,
        confidence_tolerance=options.confidence_tolerance,
    )


def _reassign(now: Situation) -> Operation | None:
    return tools.reassign(now.ground, now.place, now.class_id)


def _replace(now: Situation) -> Operation | None:
    return tools.replace_objects(now.ground, now.places, now.wanted, now.class_id)


def _delete(now: Situation) -> Operation | None:
    return tools.delete_objects(now.ground, now.places, now.wanted, now.background)


def _merge(now: Situation) -> Operation | None:
    return tools.merge_objects(now.ground, now.places, now.wanted)


def _grow(now: Situation) -> Operation | None:
    return tools.grow(now.ground, now.place, now.options.border_px)


def _shrink(now: Situation) -> Operation | None:
    return tools.shrink(now.ground, now.place, now.options.border_px)


def _fill_holes(now: Situation) -> Operation | None:
    return tools.fill_holes(now.ground, now.place)


def _smooth(now: Situation) -> Operation | None:
    return tools.smooth(now.ground, now.window, now.options.smoothing_px)


def _drop_specks(now: Situation) -> Operation | None:
    return tools.drop_specks(now.ground, now.window, pixels_of_area(now.options.speck_m2, now.gsd_m))


def _copy_prediction(now: Situation) -> Operation | None:
    return tools.copy_prediction(now.ground, now.places)


def _copy_other(now: Situation) -> Operation | None:
    assert now.other is not None  # needed
    return tools.copy_from(now.ground, now.places, now.other)


def _ignore(now: Situation) -> Operation | None:
    return tools.mark_ignored(now.places, now.ground.extent)


def _accept(now: Situation) -> Operation | None:
    return tools.accept_rest(now.ground, now.window)


CORRECT_TOOLS: tuple[CorrectTool, ...] = (
    CorrectTool("move", "Z", "Move", "Drag to move the view; with other tools hold Space for it.", "move"),
    CorrectTool("brush", "B", "Brush", "Paint the active class; [ and ] change the size.", "brush"),
    CorrectTool("eraser", "E", "Eraser", "Paint over labels so that nothing is said.", "eraser"),
    CorrectTool(
        "polygon", "P", "Polygon", "Click corners, double-click the last: the inside gets the class.",
        "outline", _polygon,
    ),
    CorrectTool("lasso", "L", "Lasso", "Drag around an area: the inside gets the class.", "lasso", _lasso),
    CorrectTool(
        "fill", "F", "Fill", "Click: connected pixels of one label get the class.", "click", _fill
    ),
    CorrectTool("prompts", "K", "Prompts", "Click on an object and get its mask.", "prompt"),
    CorrectTool(
        "superpixels", "S", "Superpixels", "Click or drag over regions of even looks: they get the class.",
        "drag", _superpixels, needs_picture=True, needs_superpixels=True,
    ),
    CorrectTool(
        "smart_fill", "W", "Smart fill", "Click: connected pixels that look alike get the class.",
        "click", _smart_fill, needs_picture=True,
    ),
    CorrectTool("reassign", "R", "Reassign", "Click on an object: it gets the class.", "click", _reassign),
    CorrectTool(
        "replace", "Shift+R", "Replace",
        "Drag around objects of the chosen classes and sizes: they get the class.",
        "lasso", _replace, chooses_objects=True,
    ),
    CorrectTool(
        "delete", "X", "Delete",
        "Drag around objects of the chosen classes and sizes: they become what is around them.",
        "lasso", _delete, chooses_objects=True,
    ),
    CorrectTool(
        "merge", "M", "Merge",
        "Drag around objects of the chosen classes and sizes: they get the class of the largest.",
        "lasso", _merge, chooses_objects=True,
    ),
    CorrectTool("grow", "G", "Grow", "Click on an object: its border moves outwards.", "click", _grow),
    CorrectTool(
        "shrink", "Shift+G", "Shrink", "Click on an object: its border moves inwards.", "click", _shrink
    ),
    CorrectTool(
        "fill_holes", "H", "Fill holes", "Click on an object: what lies wholly inside becomes part of it.",
        "click", _fill_holes,
    ),
    CorrectTool(
        "smooth", "O", "Smooth", "Smooth the borders of all classes in view.", "none", _smooth
    ),
    CorrectTool(
        "drop_specks", "D", "Specks",
        "Show objects in view below the size of specks; Enter lets them become what is around them.",
        "none", _drop_specks, is_previewed=True,
    ),
    CorrectTool(
        "copy_prediction", "C", "From model", "Drag around an area: what the model said comes back.",
        "lasso", _copy_prediction,
    ),
    CorrectTool(
        "copy_other", "Shift+C", "From other",
        "Drag around an area: labels of the other layer or date are taken over.",
        "lasso", _copy_other, needs_other=True,
    ),
    CorrectTool(
        "ignore", "I", "Ignore", "Drag around an area that shall count for no class.", "lasso", _ignore
    ),
    CorrectTool(
        "accept", "A", "Accept rest",
        "Agree with what the model says in this window and nobody changed.", "none", _accept,
        takes_review=True,
    ),
)  # fmt: skip
"""All tools, in the order of their buttons."""


def tool_of(key: str) -> CorrectTool:
    """Return a tool by its key."""
    return next(tool for tool in CORRECT_TOOLS if tool.key == key)
