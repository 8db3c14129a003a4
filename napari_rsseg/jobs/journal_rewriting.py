"""A journal written again with other numbers for the same actors or classes, its history intact."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.editing import Record, read_journal
from napari_rsseg.editing.journal_reading import MAGIC, framed
from napari_rsseg.editing.record import Patch, Steps, Values
from napari_rsseg.scenes.replacing import replacing

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["rewrite_journal", "same_actors", "same_classes"]

_Actors = npt.NDArray[np.uint16]
_Classes = npt.NDArray[np.uint8]


def same_actors() -> _Actors:
    """Return the table that leaves actors as they are."""
    return np.arange(65_536, dtype=np.uint16)


def same_classes() -> _Classes:
    """Return the table that leaves classes as they are."""
    return np.arange(256, dtype=np.uint8)


def rewrite_journal(source: Path, target: Path, *, actors: _Actors, classes: _Classes) -> int:
    """Write a journal again; return the number of its entries.

    Parameters
    ----------
    source, target : Path
        The journal, and the file to make.
    actors : ndarray, (65536,), uint16
        New number of each actor.
    classes : ndarray, (256,), uint8
        New id of each class.

    Raises
    ------
    ProjectError
        When the journal cannot be read.
    OutputError
        When the new one cannot be written, or is there already.
    """
    places = {0: 0}
    count = 0
    with replacing(target, overwrite=False) as draft, draft.open("wb") as file:
        file.write(MAGIC)
        for found in read_journal(source):
            if not isinstance(found, Record):
                continue
            place = places[found.place] = file.tell()
            old = found.steps
            # what the journal itself cannot reach any more, undo does not reach here either
            undo, redo, below = (places.get(number, 0) for number in (old.undo, old.redo, old.below))
            entry = replace(
                found,
                place=place,
                steps=Steps(undo, redo, below, old.undo_count, old.redo_count),
                payload=b"".join(_told(patch, actors, classes).to_bytes() for patch in found.patches()),
                actor=int(actors[found.actor]),
                class_id=int(classes[found.class_id]),
            )
            file.write(framed(entry.to_bytes()))
            count += 1
    return count


def _told(patch: Patch, actors: _Actors, classes: _Classes) -> Patch:
    old, new = (
        Values(classes[side.labels], side.provenance, actors[side.actor]) for side in (patch.old, patch.new)
    )
    return Patch(patch.window, patch.where, old, new)
