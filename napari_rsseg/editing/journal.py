"""The append-only file of all changes to the labels of a scene: written before a change counts."""

from __future__ import annotations

import os
import threading
import time
import weakref
from dataclasses import replace
from io import FileIO
from typing import TYPE_CHECKING

from napari_rsseg.editing.journal_reading import MAGIC, Damage, framed, read_journal, read_record
from napari_rsseg.editing.record import Kind, Patch, Record, Steps
from napari_rsseg.errors import ProjectError
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["SYNC_S", "Journal"]

SYNC_S = 0.5
"""A power cut loses what was written within this time and that of one fsync: a second at most."""


class Journal:
    """A journal opened for appending; a last entry that was cut short is dropped.

    Parameters
    ----------
    path : Path
        The file; made, with its folder, where there is none.
    clock : callable
        Returns nanoseconds since 1970 UTC.
    is_read_only : bool
        Whether the file stays as it is, and entries are refused.

    Attributes
    ----------
    damage : tuple of Damage
        What was found damaged, the dropped tail included.
    newest : Record or None
        The last entry.
    size, synced_size : int
        Bytes written, and how many of them a power cut leaves.

    Raises
    ------
    ProjectError
        When the file cannot be read or written, or is of another version.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], int] = time.time_ns, is_read_only: bool = False
    ) -> None:
        self.path, self.is_read_only = path, is_read_only
        self.damage: tuple[Damage, ...] = ()
        self.newest: Record | None = None
        self._lock = threading.Lock()
        self._sync_lock = threading.Lock()
        self._fault: OSError | None = None
        self._written = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._file: FileIO | None = None
        self.size = self._find_end()
        if not is_read_only:
            self._file = self._opened()
        self.synced_size = self.size
        # wall time is asked once: what the clock does during a session changes no order
        last = 0 if self.newest is None else self.newest.time_ns
        self._begun_ns, self._begun_at = max(clock(), last + 1), time.monotonic_ns()

    def _find_end(self) -> int:
        """Find the last whole entry; return where it ends."""
        end, damage = len(MAGIC), []
        for found in read_journal(self.path) if self.path.exists() else ():
            if isinstance(found, Record):
                self.newest = replace(found, payload=b"", patch_count=0)
                end = found.stop
            else:
                damage.append(found)
        self.damage = tuple(damage)
        return end

    def _opened(self) -> FileIO:
        """Open the file to write behind its last whole entry, where it is cut."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not self.path.exists()
            file = FileIO(self.path, "x+" if is_new else "r+")
            try:
                if self.newest is None:
                    file.truncate(0)
                    file.write(MAGIC)
                file.truncate(self.size)
                file.seek(self.size)
                os.fsync(file.fileno())
            except BaseException:
                file.close()
                raise
            weakref.finalize(self, file.close)
            if is_new:
                _sync_folder(self.path.parent)
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        return file

    def forget_steps(self) -> None:
        """Begin a new history: what the file holds is not followed on by what the store holds."""
        if self.newest is not None:
            self.newest = replace(self.newest, steps=Steps())

    @property
    def sequence(self) -> int:
        """Number of the last entry; 0 before the first."""
        return 0 if self.newest is None else self.newest.sequence

    @property
    def steps(self) -> Steps:
        """The history as it stands."""
        return Steps() if self.newest is None else self.newest.steps

    def append(
        self,
        kind: Kind,
        patches: Sequence[Patch],
        *,
        tool: str,
        actor: int,
        undone: Record | None = None,
        after: int = 0,
    ) -> Record:
        """Write an entry; once this returns, a killed program loses it no more.

        Parameters
        ----------
        kind : Kind
            What it is.
        patches : sequence of Patch
            What changes; at least one.
        tool, actor : str, int
            What made it, and whose doing it is.
        undone : Record, optional
            The entry that an undo or redo takes from its stack.
        after : int
            A number that this entry's must exceed, such as that of a store which is ahead.

        Returns
        -------
        Record
            As written.

        Raises
        ------
        ProjectError
            When it cannot be written; the file is as before.
        """
        payload = b"".join(patch.to_bytes() for patch in patches)
        with self._lock:
            if self._fault is not None:
                raise _cannot_write(self.path, self._fault)
            record = Record(
                sequence=max(self.sequence, after) + 1,
                time_ns=self._now(),
                kind=kind,
                tool=tool,
                actor=actor,
                class_id=_one_class(patches),
                window=_around(patches),
                steps=self._steps_after(kind, undone),
                payload=payload,
                patch_count=len(patches),
                place=self.size,
            )
            self._write(framed(record.to_bytes()))
            self.newest = replace(record, payload=b"", patch_count=0)
        self._wake()
        return record

    def _now(self) -> int:
        now = self._begun_ns + time.monotonic_ns() - self._begun_at
        return now if self.newest is None else max(now, self.newest.time_ns + 1)

    def _steps_after(self, kind: Kind, undone: Record | None) -> Steps:
        now, here = self.steps, self.size
        if kind is Kind.PREDICTION:
            return Steps(now.undo, now.redo, 0, now.undo_count, now.redo_count)
        if kind is Kind.STEP:
            return Steps(here, 0, now.undo, now.undo_count + 1, 0)
        assert undone is not None  # undo and redo take an entry back
        if kind is Kind.UNDO:
            return Steps(undone.steps.below, here, now.redo, now.undo_count - 1, now.redo_count + 1)
        return Steps(here, undone.steps.below, now.undo, now.undo_count + 1, now.redo_count - 1)

    def _write(self, entry: bytes) -> None:
        """Write all of an entry, or nothing."""
        file, rest = self._file, memoryview(entry)
        if file is None:
            how = "open only to read" if self.is_read_only else "closed"
            raise ProjectError(
                f"The journal {self.path} is {how}, so the last change was not made.",
                "Close the project wherever it is open, then open it again.",
            )
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError as error:
            file.truncate(self.size)
            file.seek(self.size)
            raise _cannot_write(self.path, error) from error
        self.size += len(entry)

    def read(self, place: int) -> Record:
        """Return the entry at a place that ``steps`` names.

        Raises
        ------
        ProjectError
            When it is damaged, or the file cannot be read any more.
        """
        try:
            with self.path.open("rb") as file:
                record = read_record(file, place)
        except OSError as error:
            raise _cannot_write(self.path, error) from error
        if record is None:
            raise ProjectError(
                f"The step before is damaged in {self.path} at byte {place}, so the history ends here.",
                "The labels themselves are kept; 'napari-rsseg project check' lists what is damaged.",
            )
        return record

    def _wake(self) -> None:
        """Let the thread that syncs know; it is started with the first entry."""
        self._written.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep_synced, name="rsseg-journal", daemon=True)
            self._thread.start()

    def _keep_synced(self) -> None:
        while not self._closing.is_set():
            self._written.wait()
            self._written.clear()
            self._closing.wait(SYNC_S)
            try:
                self.sync()
            except ProjectError:
                return  # told by the next append

    def sync(self) -> None:
        """Have the disk hold all that was written; for any thread.

        Raises
        ------
        ProjectError
            When the disk refuses.
        """
        with self._sync_lock:
            size = self.size
            if size == self.synced_size or self._file is None:
                return
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                self._fault = error
                raise _cannot_write(self.path, error) from error
            self.synced_size = size

    def close(self) -> None:
        """Sync and close; further entries are refused.

        Raises
        ------
        ProjectError
            When the disk refuses.
        """
        self._closing.set()
        self._written.set()
        if self._thread is not None:
            self._thread.join()
        try:
            self.sync()
        finally:
            file, self._file = self._file, None
            if file is not None:
                file.close()


def _around(patches: Sequence[Patch]) -> Window:
    windows = [patch.window for patch in patches]
    return Window(
        min(window.row_start for window in windows),
        max(window.row_stop for window in windows),
        min(window.column_start for window in windows),
        max(window.column_stop for window in windows),
    )


def _one_class(patches: Sequence[Patch]) -> int:
    """Return the id that all changed pixels get, 255 where there are several."""
    first = int(patches[0].new.labels[0])
    return first if all((patch.new.labels == first).all() for patch in patches) else 255


def _sync_folder(folder: Path) -> None:
    """Have the disk hold the name of a new file."""
    if os.name == "posix":  # elsewhere folders cannot be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _cannot_write(path: Path, error: OSError) -> ProjectError:
    return ProjectError(
        f"The journal {path} cannot be written ({error.strerror or error}), so the last change was not made.",
        "Free space on that disk, or make its folder writable, then go on.",
    )
