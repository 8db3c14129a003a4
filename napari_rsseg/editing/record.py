"""One entry of a journal: which pixels had which values, and which they have now."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.editing.runs import pack, unpack
from napari_rsseg.errors import ProjectError
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Kind", "Patch", "Record", "Steps", "Values"]

_HEAD = struct.Struct("<QqBHBIIIIQQQIIIB")
_WINDOW = struct.Struct("<IIII")


class Kind(IntEnum):
    """What an entry of the journal is."""

    STEP = 0
    """A hand or a tool changed labels; can be undone."""
    UNDO = 1
    """A step was taken back."""
    REDO = 2
    """A step that was taken back was done again."""
    PREDICTION = 3
    """A model filled pixels that nobody had reviewed; no step of the history."""


@dataclass(frozen=True, eq=False)
class Values:
    """Label, provenance and actor of some pixels, each (pixels,): uint8, uint8, uint16."""

    labels: npt.NDArray[np.uint8]
    provenance: npt.NDArray[np.uint8]
    actor: npt.NDArray[np.uint16]

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """The three, in the order in which they are stored."""
        return self.labels, self.provenance, self.actor


@dataclass(frozen=True, eq=False)
class Patch:
    """A change inside one page of the labels.

    Parameters
    ----------
    window : Window
        Box in pixels of the scene.
    where : ndarray, (height, width) of the window, bool
        Pixels that changed.
    old, new : Values
        What they had and have, row by row.
    """

    window: Window
    where: npt.NDArray[np.bool_]
    old: Values
    new: Values

    def to_bytes(self) -> bytes:
        """Return it as stored."""
        window = self.window
        parts = [
            _WINDOW.pack(window.row_start, window.row_stop, window.column_start, window.column_stop),
            pack(self.where.ravel().view(np.uint8)),
        ]
        parts += [pack(values) for side in (self.old, self.new) for values in side.arrays]
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, source: bytes, offset: int) -> tuple[Patch, int]:
        """Return the patch stored at an offset, and the offset behind it.

        Raises
        ------
        ProjectError
            When no patch is stored there.
        """
        window = Window(*_WINDOW.unpack_from(source, offset))
        flat, offset = unpack(source, offset + _WINDOW.size, window.height * window.width, np.uint8)
        where = flat.astype(np.bool_).reshape(window.shape)
        count = int(np.count_nonzero(where))
        sides: list[Values] = []
        for _ in range(2):
            labels, offset = unpack(source, offset, count, np.uint8)
            provenance, offset = unpack(source, offset, count, np.uint8)
            actor, offset = unpack(source, offset, count, np.uint16)
            sides.append(Values(labels, provenance, actor))
        return cls(window, where, *sides), offset


@dataclass(frozen=True)
class Steps:
    """How an entry stands in the history: places in the file, 0 where there is none.

    Parameters
    ----------
    undo, redo : int
        Places of the entries that undo and redo would take next, once this entry is written.
    below : int
        Place of the next deeper entry of the stack that this entry lies on.
    undo_count, redo_count : int
        Heights of both stacks.
    """

    undo: int = 0
    redo: int = 0
    below: int = 0
    undo_count: int = 0
    redo_count: int = 0


@dataclass(frozen=True, eq=False)
class Record:
    """One entry of a journal.

    Parameters
    ----------
    sequence : int
        Its number, one more than that of the entry before.
    time_ns : int
        When, in nanoseconds since 1970 UTC; never less than that of the entry before.
    kind : Kind
        What it is.
    tool : str
        What made it, of at most 255 bytes.
    actor : int
        Row of the catalogue: who did it.
    class_id : int
        Class that was given, 255 where several or none.
    window : Window
        Box around all that changed, in pixels of the scene.
    steps : Steps
        How it stands in the history.
    payload : bytes
        The patches as stored.
    patch_count : int
        Number of patches.
    place, stop : int
        Where in the file it begins and ends.
    """

    sequence: int
    time_ns: int
    kind: Kind
    tool: str
    actor: int
    class_id: int
    window: Window
    steps: Steps
    payload: bytes
    patch_count: int
    place: int
    stop: int = 0

    def patches(self) -> tuple[Patch, ...]:
        """Return what changed.

        Raises
        ------
        ProjectError
            When the payload is none.
        """
        found: list[Patch] = []
        offset = 0
        for _ in range(self.patch_count):
            patch, offset = Patch.from_bytes(self.payload, offset)
            found.append(patch)
        return tuple(found)

    def to_bytes(self) -> bytes:
        """Return it as stored, without length and checksum."""
        window, steps, tool = self.window, self.steps, self.tool.encode()
        head = _HEAD.pack(
            self.sequence, self.time_ns, self.kind, self.actor, self.class_id,
            window.row_start, window.row_stop, window.column_start, window.column_stop,
            steps.undo, steps.redo, steps.below, steps.undo_count, steps.redo_count,
            self.patch_count, len(tool),
        )  # fmt: skip
        return head + tool + self.payload

    @classmethod
    def from_bytes(cls, body: bytes, place: int, stop: int) -> Record:
        """Read what ``to_bytes`` returned, from where it lies in a file.

        Raises
        ------
        ProjectError
            When it is of another form.
        """
        try:
            sequence, time_ns, kind, actor, class_id, *numbers, tool_bytes = _HEAD.unpack_from(body)
            *box, undo, redo, below, undo_count, redo_count, patch_count = numbers
            start = _HEAD.size + tool_bytes
            return cls(
                sequence, time_ns, Kind(kind), body[_HEAD.size : start].decode(), actor, class_id,
                Window(*box), Steps(undo, redo, below, undo_count, redo_count),
                body[start:], patch_count, place, stop,
            )  # fmt: skip
        except (struct.error, ValueError) as error:
            raise ProjectError(
                f"A journal entry at byte {place} cannot be read ({error}).",
                "Update napari-rsseg if a newer version wrote it.",
            ) from error
