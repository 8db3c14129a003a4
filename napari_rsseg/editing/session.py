"""Corrections of one scene: applied, journalled, undone and redone, and committed to the store."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from psygnal import Signal

from napari_rsseg.editing.label_arrays import pages_of
from napari_rsseg.editing.record import Kind, Patch
from napari_rsseg.errors import ProjectError
from napari_rsseg.project import REVIEWED, Provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from napari_rsseg.editing.journal import Journal
    from napari_rsseg.editing.label_arrays import LabelArrays
    from napari_rsseg.editing.operation import Operation
    from napari_rsseg.editing.record import Record
    from napari_rsseg.project import LabelStore
    from napari_rsseg.project.parts import WritableArea
    from napari_rsseg.scenes.windows import Window

__all__ = ["Change", "Session"]


@dataclass(frozen=True)
class Change:
    """What was changed.

    Attributes
    ----------
    window : Window
        Box around it, in pixels of the scene.
    tool : str
        What made it; of an undo or redo, what made the step that was taken back.
    sequence : int
        Its number in the journal.
    kind : Kind
        Whether it is a step, its undo or redo, or a prediction.
    class_id : int
        Class that was given, 255 where several or none.
    time_ns : int
        When, in nanoseconds since 1970 UTC.
    pixels : int
        How many.
    """

    window: Window
    tool: str
    sequence: int
    kind: Kind
    class_id: int
    time_ns: int
    pixels: int


class Session:
    """The one way in which labels of a scene change; for any thread.

    Parameters
    ----------
    labels : LabelArrays
        As they stand.
    journal : Journal
        Written before a change counts.
    store : LabelStore
        What ``commit`` brings up to date.
    actor : int
        Row of the catalogue: whose doing it is.

    Attributes
    ----------
    writable : WritableArea or None
        What an annotator's copy may change; None: everything.
    changed : Signal
        Emitted with a Change, on the thread that made it.
    """

    changed: ClassVar[Signal] = Signal(Change)

    def __init__(self, labels: LabelArrays, journal: Journal, store: LabelStore, actor: int) -> None:
        self.labels, self.journal, self.actor = labels, journal, actor
        self.writable: WritableArea | None = None
        self._store = store
        self._floor = store.sequence  # of a store whose journal was lost
        self._commits = threading.Lock()
        labels.before_write = journal.sync

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self.journal.steps.undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return bool(self.journal.steps.redo)

    @property
    def undo_count(self) -> int:
        """Number of steps that can be taken back."""
        return self.journal.steps.undo_count

    def apply(self, operation: Operation) -> Change | None:
        """Change labels as one step of the history; return None where nothing changes.

        Raises
        ------
        ProjectError
            When the journal cannot be written, or all of it lies in windows of other annotators; nothing is
            changed then.
        """
        with self.labels.lock:
            new = (operation.labels, int(operation.provenance), self.actor)
            patches = self._patches(operation.window, self._own(operation), new)
            return self._record(Kind.STEP, patches, operation.tool, self.actor)

    def predict(
        self,
        window: Window,
        labels: npt.NDArray[np.uint8],
        *,
        actor: int,
        where: npt.NDArray[np.bool_] | None = None,
    ) -> Change | None:
        """Take in what a model says of a window, where nobody reviewed the labels; no step of the history.

        Parameters
        ----------
        window : Window
            In pixels of the scene.
        labels : ndarray, (height, width) of the window, uint8
            What it says; 255 where it says nothing.
        actor : int
            Row of the catalogue: which model.
        where : ndarray, (height, width) of the window, bool, optional
            Pixels to fill; default: all that are free.

        Raises
        ------
        ProjectError
            When the journal cannot be written; nothing is changed then.
        """
        with self.labels.lock:
            inside = window.intersection(self.labels.window)
            given = labels[inside.within(window).slices]
            free = ~np.isin(self.labels.provenance(inside), REVIEWED)
            if where is not None:
                free &= where[inside.within(window).slices]
            said = given != 255
            patches = [
                *self._patches(inside, free & said, (given, int(Provenance.PREDICTED), actor)),
                *self._patches(inside, free & ~said, (255, int(Provenance.UNLABELLED), 0)),
            ]
            return self._record(Kind.PREDICTION, patches, "prediction", actor)

    def undo(self) -> Change | None:
        """Take the last step back; return None where there is none.

        Raises
        ------
        ProjectError
            When the journal cannot be read or written; nothing is changed then.
        """
        return self._take_back(Kind.UNDO)

    def redo(self) -> Change | None:
        """Do the last step that was taken back again; return None where there is none.

        Raises
        ------
        ProjectError
            When the journal cannot be read or written; nothing is changed then.
        """
        return self._take_back(Kind.REDO)

    def _take_back(self, kind: Kind) -> Change | None:
        with self.labels.lock:
            steps = self.journal.steps
            place = steps.undo if kind is Kind.UNDO else steps.redo
            if not place:
                return None
            step = self.journal.read(place)
            patches = [
                Patch(patch.window, patch.where, self.labels.held(patch.window, patch.where), patch.old)
                for patch in step.patches()
            ]
            return self._record(kind, patches, step.tool, self.actor, step)

    def _own(self, operation: Operation) -> npt.NDArray[np.bool_]:
        """Return the pixels of an operation that are this annotator's to change."""
        if self.writable is None or not operation.where.any():
            return operation.where
        own: npt.NDArray[np.bool_] = operation.where & self.writable.mask(operation.window)
        if not own.any():
            raise ProjectError(
                f"Window {operation.window} is assigned to other annotators.",
                "Stay inside the windows that are yours, as the review queue lists them.",
            )
        return own

    def _patches(
        self, window: Window, where: npt.NDArray[np.bool_], new: tuple[Any, int, int]
    ) -> list[Patch]:
        """Cut what changes into pages; outside of the scene nothing does."""
        labels, provenance, actor = new
        found: list[Patch] = []
        for part in pages_of(window, self.labels.window):
            place = part.within(window).slices
            if where[place].any():
                given = labels[place] if isinstance(labels, np.ndarray) else labels
                patch = self.labels.differing(part, where[place], (given, provenance, actor))
                found += [] if patch is None else [patch]
        return found

    def _record(
        self, kind: Kind, patches: Sequence[Patch], tool: str, actor: int, undone: Record | None = None
    ) -> Change | None:
        """Journal a change, make it, and tell it."""
        if not patches:
            return None
        record = self.journal.append(kind, patches, tool=tool, actor=actor, undone=undone, after=self._floor)
        for patch in patches:
            self.labels.put(patch)
        pixels = sum(len(patch.new.labels) for patch in patches)
        change = Change(record.window, tool, record.sequence, kind, record.class_id, record.time_ns, pixels)
        self.changed.emit(change)
        return change

    def commit(self) -> int:
        """Bring the store up to date; for any thread; return the number of pages written.

        Raises
        ------
        ProjectError
            When the journal or the store cannot be written; nothing is lost then.
        """
        with self._commits:
            with self.labels.lock:
                sequence = self.journal.sequence
            if self._store.is_read_only:
                return 0
            count = self.labels.flush()
            if sequence > self._store.sequence:
                self.journal.sync()
                with self.labels.store_lock:
                    self._store.commit(sequence)
            return count

    def close(self) -> None:
        """Commit, and close the journal.

        Raises
        ------
        ProjectError
            When either cannot be written; what was journalled comes back at the next opening.
        """
        try:
            self.commit()
        finally:
            self.journal.close()
