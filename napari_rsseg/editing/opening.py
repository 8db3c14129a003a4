"""A scene's labels opened for editing: what the journal holds beyond the store is done again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from napari_rsseg.editing.journal import Journal
from napari_rsseg.editing.journal_reading import Damage, read_journal
from napari_rsseg.editing.label_arrays import LabelArrays
from napari_rsseg.editing.record import Kind, Record
from napari_rsseg.editing.session import Session
from napari_rsseg.errors import ProjectError
from napari_rsseg.project.parts import writable_area

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.project import LabelStore, Project, SceneEntry

__all__ = ["Restored", "open_session", "reach_of", "rebuild", "replay", "resume"]


@dataclass(frozen=True)
class Restored:
    """What the journal brought back that the store did not hold.

    Attributes
    ----------
    steps, undone, redone, predictions : int
        Entries of each kind that were done again.
    since_ns, until_ns : int
        Times of the first and last of them, nanoseconds since 1970 UTC; 0 where there was none.
    undo_count : int
        Number of steps that can be taken back.
    damage : tuple of Damage
        Places of the journal that could not be read.
    is_behind : bool
        Whether the journal ends before what the store holds, so that the history was lost.
    """

    steps: int = 0
    undone: int = 0
    redone: int = 0
    predictions: int = 0
    since_ns: int = 0
    until_ns: int = 0
    undo_count: int = 0
    damage: tuple[Damage, ...] = ()
    is_behind: bool = False

    @property
    def sentence(self) -> str:
        """What was restored and what was not, in words; empty where there is nothing to tell."""
        parts = [
            f"{count} {word}{'s' if count > 1 else ''}"
            for count, word in ((self.steps, "edit"), (self.undone, "undo"), (self.redone, "redo"))
            if count
        ]
        told = ""
        if parts:
            begun, ended = (_clock(time_ns) for time_ns in (self.since_ns, self.until_ns))
            told = (
                f"{' and '.join(parts)} from {begun} to {ended} UTC that were not saved when the program "
                f"ended were restored. {reach_of(self.undo_count)} "
            )
        middle = sum(not damage.is_tail for damage in self.damage)
        if len(self.damage) > middle:
            told += "The last entry of the journal was cut short and is dropped. "
        if middle:
            told += (
                f"{middle} damaged place{'s' if middle > 1 else ''} in the journal could not be read; "
                "'napari-rsseg project check' lists them. "
            )
        if self.is_behind:
            told += (
                "The journal is missing or older than the labels, so what was done before cannot be undone. "
            )
        return told.strip()


def reach_of(steps: int) -> str:
    """Return in words how far undo reaches."""
    return f"Undo reaches back {steps} step{'' if steps == 1 else 's'}."


def open_session(project: Project, entry: SceneEntry) -> tuple[Session, Restored]:
    """Open the labels of a scene for editing.

    Parameters
    ----------
    project : Project
        Read-only ones give a session that refuses changes.
    entry : SceneEntry
        A scene of it.

    Raises
    ------
    ProjectError
        When labels or journal cannot be read or written.
    """
    store = project.label_store(entry.id)
    journal = Journal(project.journal_path(entry.id), is_read_only=project.is_read_only)
    try:
        actor = 0 if project.is_read_only else project.catalogue.actor("person", project.annotator)
        session, restored = resume(store, journal, actor)
        session.writable = writable_area(project, entry.id)
    except BaseException:
        journal.close()
        raise
    return session, restored


def resume(store: LabelStore, journal: Journal, actor: int) -> tuple[Session, Restored]:
    """Go on where store and journal end; as ``open_session`` does, without a project."""
    committed = store.sequence
    arrays = LabelArrays(store, store.height, store.width)
    counts, times = replay(journal.path, arrays, after=committed)
    is_behind = journal.sequence < committed
    if is_behind:
        journal.forget_steps()
    restored = Restored(
        counts[Kind.STEP],
        counts[Kind.UNDO],
        counts[Kind.REDO],
        counts[Kind.PREDICTION],
        times[0] if times else 0,
        times[-1] if times else 0,
        journal.steps.undo_count,
        journal.damage,
        is_behind,
    )
    return Session(arrays, journal, store, actor), restored


def replay(path: Path, arrays: LabelArrays, *, after: int = 0) -> tuple[Counter[Kind], list[int]]:
    """Do again what a journal holds beyond a number; return what was done, and first and last time.

    Raises
    ------
    ProjectError
        When the journal cannot be read, or an entry lies outside of the scene.
    """
    counts: Counter[Kind] = Counter()
    times: list[int] = []
    for record in read_journal(path) if path.exists() else ():
        if not isinstance(record, Record) or record.sequence <= after:
            continue
        if not arrays.window.contains(record.window):
            raise ProjectError(
                f"The journal {path} changes pixels {record.window} of a scene of "
                f"{arrays.window.height} x {arrays.window.width}.",
                "It belongs to another scene; put the one that belongs here in its place.",
            )
        for patch in record.patches():
            arrays.put(patch)
        counts[record.kind] += 1
        if record.kind is not Kind.PREDICTION:
            times = [times[0] if times else record.time_ns, record.time_ns]
    return counts, times


def rebuild(path: Path, store: LabelStore) -> int:
    """Do all that a journal holds again, into a store that is empty; return the number of entries.

    Raises
    ------
    ProjectError
        When the journal cannot be read.
    OutputError
        When the store cannot be written.
    """
    arrays = LabelArrays(store, store.height, store.width)
    counts, _ = replay(path, arrays)
    arrays.flush()
    last = 0
    for found in read_journal(path) if path.exists() else ():
        last = found.sequence if isinstance(found, Record) else last
    store.commit(last)
    return counts.total()


def _clock(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")
