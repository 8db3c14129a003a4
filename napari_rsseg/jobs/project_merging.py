"""Annotators' copies brought back: what one alone did is taken, what two see differently is a conflict."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from napari_rsseg.editing import Operation, open_session
from napari_rsseg.errors import ProjectError
from napari_rsseg.jobs.part_history import PartHistory
from napari_rsseg.project import REVIEWED, LabelBlock, LabelStore, Project, Provenance, utc_now
from napari_rsseg.project.actor_numbers import actor_numbers
from napari_rsseg.project.parts import annotators_of, assigned_labels_path, part_labels_path
from napari_rsseg.review.queue import ReviewQueue
from napari_rsseg.review.states import DONE, State
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy.typing as npt

    from napari_rsseg.editing import Session
    from napari_rsseg.project import SceneEntry
    from napari_rsseg.review.queue import QueueEntry

__all__ = ["Conflict", "Merge", "merge_projects", "open_conflicts"]


@dataclass(frozen=True)
class Conflict:
    """A window of which annotators say different things.

    Attributes
    ----------
    window : int
        Its number in the queue.
    scene : str
        Id of the scene.
    place : Window
        Where.
    annotators : tuple of str
        Who differ.
    pixels : int
        On how many pixels.
    """

    window: int
    scene: str
    place: Window
    annotators: tuple[str, ...]
    pixels: int


@dataclass
class Merge:
    """What came of merging.

    Attributes
    ----------
    pixels : dict of str to int
        Pixels taken from each annotator.
    waiting : int
        Windows labelled by one of two annotators so far; they stay hidden until the other is done.
    conflicts : tuple of Conflict
        All that are open, these and earlier ones.
    """

    pixels: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    conflicts: tuple[Conflict, ...] = ()


def merge_projects(project: Project, roots: Iterable[Path]) -> Merge:
    """Bring annotators' copies back into their project; may be done again as they go on.

    Parameters
    ----------
    project : Project
        Open to write.
    roots : iterable of Path
        The copies.

    Raises
    ------
    ProjectError
        When a folder is no copy of this project, or its labels are damaged.
    OutputError
        When the project cannot be written.
    """
    project.require_writable()
    said = Merge()
    for root in roots:
        with Project.open(root) as part:
            annotator = _checked_annotator(project, part)
            numbers = actor_numbers(part.catalogue, project.catalogue)
            said.pixels[annotator] = said.pixels.get(annotator, 0)
            for entry in project.scenes():
                said.pixels[annotator] += _SceneMerge(project, part, entry, numbers).run()
            PartHistory(project, part, numbers).bring()
    rows = project.catalogue.rows("SELECT id FROM windows WHERE is_blind = 1 AND assigned_to LIKE '%,%'")
    said.waiting = sum(bool(_done_by(project, row["id"])) for row in rows)
    said.conflicts = open_conflicts(project)
    return said


def open_conflicts(project: Project) -> tuple[Conflict, ...]:
    """Return what annotators differ about and nobody settled, oldest first."""
    rows = project.catalogue.rows(
        "SELECT conflicts.*, scene, row_start, row_stop, column_start, column_stop FROM conflicts "
        "JOIN windows ON windows.id = conflicts.window WHERE resolved_at IS NULL ORDER BY conflicts.id"
    )
    return tuple(
        Conflict(
            row["window"],
            row["scene"],
            Window(row["row_start"], row["row_stop"], row["column_start"], row["column_stop"]),
            annotators_of(row["annotators"]),
            row["pixels"],
        )
        for row in rows
    )


def _checked_annotator(project: Project, part: Project) -> str:
    if part.settings.id != project.settings.id or not part.settings.is_part:
        raise ProjectError(
            f"{part.root} is no annotator's copy of {project.root}.",
            "Name folders that project assign made of this project.",
        )
    if part.scheme.names != project.scheme.names:
        raise ProjectError(
            f"{part.root} has classes {', '.join(part.scheme.names)}, the project "
            f"{', '.join(project.scheme.names)}.",
            "Give both the same classes.",
        )
    return part.annotator


def _done_by(project: Project, window: int) -> set[str]:
    """Return the annotators whose finished labels of a window were brought back."""
    rows = project.catalogue.rows(
        "SELECT details FROM events WHERE window = ? AND kind = 'brought back'", (window,)
    )
    return {str(json.loads(row["details"])["annotator"]) for row in rows}


@dataclass
class _SceneMerge:
    """One scene of one copy."""

    project: Project
    part: Project
    entry: SceneEntry
    numbers: npt.NDArray[np.uint16]

    def run(self) -> int:
        """Bring back the windows of the annotator; return the number of pixels taken."""
        annotator = self.part.annotator
        self.queue = ReviewQueue(self.project.catalogue, self.project.annotator)
        known = {
            entry.window: entry
            for entry in self.queue.of_scene(self.entry.id)
            if annotator in annotators_of(entry.assigned_to)
        }
        if not known:
            return 0
        theirs, _ = open_session(self.part, self.part.scene(self.entry.id))
        try:
            mine, _ = open_session(self.project, self.entry)
            try:
                self.kept = LabelStore(part_labels_path(self.project, self.entry.id, annotator))
                return sum(
                    self._window(theirs, mine, known[window.window], window)
                    for window in ReviewQueue(self.part.catalogue, annotator).of_scene(self.entry.id)
                    if window.window in known
                )
            finally:
                mine.close()
        finally:
            theirs.close()

    def _window(self, theirs: Session, mine: Session, known: QueueEntry, part: QueueEntry) -> int:
        """Bring back one window; what it was at the last merge is overwritten last."""
        block = theirs.labels.read(part.window)
        block = LabelBlock(block.labels, block.provenance, self.numbers[block.actor])
        before = self.kept.read(part.window)
        changed = _changed(block, before)
        others = [name for name in annotators_of(known.assigned_to) if name != self.part.annotator]
        taken = 0
        if known.is_blind and others:
            if part.state in DONE:
                self.kept.write(part.window, block)
                self.queue.tell(known.id, "brought back", details={"annotator": self.part.annotator})
                if {*others} <= _done_by(self.project, known.id):
                    taken = self._reveal(mine, known, others)
            return taken
        if changed.any():
            taken = self._take(mine, known, (block, before, changed))
            self.kept.write(part.window, block)
        return taken

    def _take(
        self, mine: Session, known: QueueEntry, said: tuple[LabelBlock, LabelBlock, npt.NDArray[np.bool_]]
    ) -> int:
        """Take what the annotator changed where nobody else did; the rest is a conflict."""
        block, before, changed = said
        held = mine.labels.read(known.window)
        moved = _changed(held, before)
        differs = changed & moved & (held.labels != block.labels)
        self._disagree(known, (self.project.annotator, self.part.annotator), int(differs.sum()))
        return _apply(mine, known.window, block, changed & ~moved)

    def _reveal(self, mine: Session, known: QueueEntry, others: list[str]) -> int:
        """Compare what two annotators said blindly: what they agree on is taken, the rest is a conflict."""
        path = part_labels_path(self.project, self.entry.id, others[0])
        first, second = LabelStore(path).read(known.window), self.kept.read(known.window)
        held = mine.labels.read(known.window)
        spoken = [np.isin(block.provenance, REVIEWED) for block in (first, second)]
        agree = (first.labels == second.labels) & spoken[0] & spoken[1]
        given = LabelStore(assigned_labels_path(self.project, self.entry.id)).read(known.window)
        moved = _changed(held, given) & (held.labels != first.labels) & agree
        differs = (first.labels != second.labels) & (spoken[0] | spoken[1])
        names = annotators_of(known.assigned_to)
        self._disagree(known, names, int(differs.sum()))
        self._disagree(known, (self.project.annotator, *names), int(moved.sum()))
        with self.project.catalogue.transaction() as connection:
            connection.execute("UPDATE windows SET is_blind = 0 WHERE id = ?", (known.id,))
        if differs.any() or moved.any():
            self.queue.change([known.id], State.FLAGGED, why=f"{' and '.join(names)} differ", kind="merge")
        else:
            self.queue.change([known.id], State.ACCEPTED, why=f"{' and '.join(names)} agree", kind="merge")
        return _apply(mine, known.window, second, agree & ~moved)

    def _disagree(self, known: QueueEntry, names: tuple[str, ...], pixels: int) -> None:
        """Write down a conflict, or a new number of pixels of one that is open."""
        if not pixels:
            return
        values = {"pixels": pixels, "window": known.id, "names": ",".join(names), "now": utc_now()}
        with self.project.catalogue.transaction() as connection:
            changed = connection.execute(
                "UPDATE conflicts SET pixels = :pixels WHERE window = :window AND annotators = :names "
                "AND resolved_at IS NULL",
                values,
            ).rowcount
            if not changed:
                connection.execute(
                    "INSERT INTO conflicts (window, found_at, annotators, pixels) "
                    "VALUES (:window, :now, :names, :pixels)",
                    values,
                )


def _changed(now: LabelBlock, before: LabelBlock) -> npt.NDArray[np.bool_]:
    """Return where somebody reviewed labels since: changed, accepted, said or imported them again."""
    differs = (now.labels != before.labels) | (now.provenance != before.provenance)
    differs |= now.actor != before.actor
    found: npt.NDArray[np.bool_] = differs & np.isin(now.provenance, REVIEWED)
    return found


def _apply(mine: Session, window: Window, block: LabelBlock, where: npt.NDArray[np.bool_]) -> int:
    """Write labels of a block as operations of those who made them; return the number of pixels."""
    own, count = mine.actor, 0
    pairs = np.unique(np.stack([block.provenance[where], block.actor[where]]), axis=1).T
    try:
        for provenance, actor in pairs.tolist():
            mine.actor = actor
            these = where & (block.provenance == provenance) & (block.actor == actor)
            change = mine.apply(Operation("merge", window, these, block.labels, Provenance(provenance)))
            count += 0 if change is None else change.pixels
    finally:
        mine.actor = own
    return count
