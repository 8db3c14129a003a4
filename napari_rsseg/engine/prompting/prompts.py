"""What a user points at, and the masks that come back; frozen, free of torch, made to travel.

Coordinates are (row, column) in pixels of the scene's level 0; (0, 0) is the centre of its first pixel, as in
napari.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.errors import EngineError

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_rsseg.engine.packing import PackedArray
    from napari_rsseg.scenes.windows import Window

__all__ = [
    "Candidate",
    "PackedMask",
    "PromptAnswer",
    "PromptBox",
    "PromptPoint",
    "PromptPolygon",
    "PromptStroke",
    "Prompts",
    "Proposals",
    "ViewReady",
]

Vertices = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class PackedMask:
    """A mask, eight pixels to a byte.

    Attributes
    ----------
    height, width : int
        Its size in pixels.
    bits : bytes
        Row after row without gaps, as numpy packs them.
    """

    height: int
    width: int
    bits: bytes

    @classmethod
    def of(cls, mask: npt.NDArray[np.bool_]) -> PackedMask:
        """Pack a mask (H, W)."""
        height, width = mask.shape
        return cls(height, width, np.packbits(mask).tobytes())

    def unpacked(self) -> npt.NDArray[np.bool_]:
        """Return the mask, (H, W)."""
        bits = np.frombuffer(self.bits, np.uint8)
        return np.unpackbits(bits, count=self.height * self.width).reshape(self.height, self.width) > 0


@dataclass(frozen=True)
class PromptPoint:
    """One click.

    Attributes
    ----------
    row, column : float
        Where.
    is_positive : bool
        Whether the object is there; False: it is not.
    """

    row: float
    column: float
    is_positive: bool = True


@dataclass(frozen=True)
class PromptBox:
    """A rectangle around the object.

    Attributes
    ----------
    row_start, column_start, row_stop, column_stop : float
        Two opposite corners, the smaller coordinates first.
    """

    row_start: float
    column_start: float
    row_stop: float
    column_stop: float

    def __post_init__(self) -> None:
        if not (self.row_stop > self.row_start and self.column_stop > self.column_start):
            raise EngineError(
                f"A box from ({self.row_start:g}, {self.column_start:g}) to "
                f"({self.row_stop:g}, {self.column_stop:g}) holds nothing.",
                "Draw it from one corner of the object to the opposite one.",
            )


@dataclass(frozen=True)
class PromptStroke:
    """A scribble over the object, or over what does not belong to it.

    Attributes
    ----------
    vertices : tuple of (row, column)
        Its line, at least one vertex.
    is_positive : bool
        Whether the object lies under it.
    """

    vertices: Vertices
    is_positive: bool = True

    def __post_init__(self) -> None:
        _require(self.vertices, 1, "A scribble")


@dataclass(frozen=True)
class PromptPolygon:
    """A rough outline: all inside belongs to the object, or does not.

    Attributes
    ----------
    vertices : tuple of (row, column)
        Its corners, at least three; closed by itself.
    is_positive : bool
        Whether the inside belongs to the object.
    """

    vertices: Vertices
    is_positive: bool = True

    def __post_init__(self) -> None:
        _require(self.vertices, 3, "A polygon")


@dataclass(frozen=True)
class Candidate:
    """One mask that may be the object.

    Attributes
    ----------
    window : Window
        The smallest rectangle around it, in pixels of level 0; empty where the mask is.
    mask : PackedMask
        The object inside that window, one pixel per pixel of level 0.
    quality : float
        The segmenter's own guess of the IoU, 0 to 1.
    logits : PackedArray or None
        What the segmenter needs to go on from this mask: give the candidate back as `Prompts.previous`.
    """

    window: Window
    mask: PackedMask
    quality: float
    logits: PackedArray | None = None

    def __post_init__(self) -> None:
        if self.window.shape != (self.mask.height, self.mask.width):
            raise EngineError(
                f"A mask of {self.mask.height} x {self.mask.width} pixels does not fill {self.window}.",
                "Crop the mask to its window.",
            )


@dataclass(frozen=True)
class Prompts:
    """All that the user said about one object.

    Attributes
    ----------
    points : tuple of PromptPoint
        Clicks.
    boxes : tuple of PromptBox
        Rectangles around it; several make one that holds them all.
    strokes : tuple of PromptStroke
        Scribbles.
    polygons : tuple of PromptPolygon
        Rough outlines.
    previous : Candidate or None
        The mask to correct: one of an earlier answer, or any mask of level 0 with ``logits`` None.
    """

    points: tuple[PromptPoint, ...] = ()
    boxes: tuple[PromptBox, ...] = ()
    strokes: tuple[PromptStroke, ...] = ()
    polygons: tuple[PromptPolygon, ...] = ()
    previous: Candidate | None = None

    @property
    def says_where(self) -> bool:
        """Whether anything says where the object is: a positive prompt, a box or an earlier mask."""
        signs = [point.is_positive for point in self.points]
        signs += [stroke.is_positive for stroke in self.strokes]
        signs += [polygon.is_positive for polygon in self.polygons]
        return any(signs) or bool(self.boxes) or self.previous is not None


@dataclass(frozen=True)
class ViewReady:
    """A view was prepared: clicks in it are answered at once.

    Attributes
    ----------
    segmenter : str
        Name of what answers.
    was_kept : bool
        Whether it was found in memory or on disk.
    seconds : float
        How long the worker took.
    """

    segmenter: str
    was_kept: bool
    seconds: float


@dataclass(frozen=True)
class PromptAnswer:
    """What the prompts made.

    Attributes
    ----------
    candidates : tuple of Candidate
        One to three masks, the most probable first; Tab cycles through them.
    segmenter : str
        Name of what answered: of a SAM card, or ``classical``.
    seconds : float
        How long the worker took.
    """

    candidates: tuple[Candidate, ...]
    segmenter: str
    seconds: float


@dataclass(frozen=True)
class Proposals:
    """All objects found in a view, to which classes are then given.

    Attributes
    ----------
    regions : tuple of Candidate
        The largest first; where two overlap, what the smaller one shows belongs to it.
    segmenter : str
        Name of what proposed.
    seconds : float
        How long the worker took.
    """

    regions: tuple[Candidate, ...]
    segmenter: str
    seconds: float


def _require(vertices: Vertices, least: int, what: str) -> None:
    if len(vertices) < least:
        raise EngineError(
            f"{what} of {len(vertices)} vertices says nothing.", f"Draw one of at least {least}."
        )
