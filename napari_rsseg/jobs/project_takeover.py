"""Labels painted before there was a project, moved into it with their history."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.jobs.journal_rewriting import rewrite_journal, same_classes
from napari_rsseg.project import LabelBlock, Project, implicit_folders
from napari_rsseg.project.actor_numbers import actor_numbers
from napari_rsseg.project.label_store import CHUNK_PX
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.project import Catalogue, LabelStore, SceneEntry

__all__ = ["TakenOver", "take_over"]

_Numbers = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class TakenOver:
    """What came into a project.

    Attributes
    ----------
    steps : int
        Entries of the journal.
    held_by : str
        Who edits the scene without the project just now, so that nothing was taken; empty: nobody.
    """

    steps: int
    held_by: str = ""


def take_over(project: Project, entry: SceneEntry) -> TakenOver | None:
    """Move what was painted on a scene without a project into the project, where it has none itself.

    The old folder is kept under another name in the user's cache.

    Parameters
    ----------
    project : Project
        Open to write.
    entry : SceneEntry
        A scene of it.

    Returns
    -------
    TakenOver or None
        None where nothing was painted, or the project has edits of the scene already.

    Raises
    ------
    ProjectError
        When what was painted is damaged.
    OutputError
        When the project cannot be written.
    """
    if project.journal_path(entry.id).exists():
        return None
    for folder in implicit_folders(entry.fingerprint):
        with Project.open(folder) as old:
            if old.scheme.names != project.scheme.names or old.scheme.name != project.scheme.name:
                continue
            source = next(known for known in old.scenes() if known.fingerprint == entry.fingerprint)
            if not old.journal_path(source.id).exists():
                continue
            if old.is_read_only:
                return TakenOver(0, old.holder)
            steps = _move(old, source, project, entry)
        _set_aside(folder)
        return TakenOver(steps)
    return None


def _move(old: Project, source: SceneEntry, project: Project, entry: SceneEntry) -> int:
    """Bring labels, reviewed windows and, last, the journal: without it nothing counts as taken over."""
    numbers = actor_numbers(old.catalogue, project.catalogue)
    store, target = old.label_store(source.id), project.label_store(entry.id)
    _copy_labels(store, target, numbers)
    _copy_windows(old.catalogue, project.catalogue, entry.id, numbers)
    target.commit(store.sequence)
    return rewrite_journal(
        old.journal_path(source.id), project.journal_path(entry.id), actors=numbers, classes=same_classes()
    )


def _copy_labels(store: LabelStore, target: LabelStore, numbers: _Numbers) -> None:
    whole = Window.of(store.height, store.width)
    for row in range(0, store.height, CHUNK_PX):
        for column in range(0, store.width, CHUNK_PX):
            window = Window(row, row + CHUNK_PX, column, column + CHUNK_PX).intersection(whole)
            block = store.read(window)
            if block.provenance.any() or block.actor.any():
                target.write(window, LabelBlock(block.labels, block.provenance, numbers[block.actor]))


def _copy_windows(source: Catalogue, target: Catalogue, scene: str, numbers: _Numbers) -> None:
    """Bring windows with their state, what happened to them, and the time spent there."""
    with target.transaction() as connection:
        for row in source.rows("SELECT * FROM windows"):
            place = (row["row_start"], row["row_stop"], row["column_start"], row["column_stop"])
            (window,) = connection.execute(
                "INSERT INTO windows (scene, row_start, row_stop, column_start, column_stop, state, "
                "is_gold, comment_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET state = excluded.state RETURNING id",
                (scene, *place, row["state"], row["is_gold"], row["comment_count"]),
            ).fetchone()
            for event in source.rows("SELECT * FROM events WHERE window = ? ORDER BY id", (row["id"],)):
                actor = None if event["actor"] is None else int(numbers[event["actor"]])
                connection.execute(
                    "INSERT INTO events (at, actor, window, kind, state, why, details) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        event["at"], actor, window, event["kind"], event["state"], event["why"],
                        event["details"],
                    ),
                )  # fmt: skip
            for spent in source.rows("SELECT * FROM activity WHERE window = ?", (row["id"],)):
                connection.execute(
                    "INSERT INTO activity VALUES (?, ?, ?, ?) "
                    "ON CONFLICT DO UPDATE SET seconds = seconds + excluded.seconds",
                    (window, spent["class_id"], int(numbers[spent["actor"]]), spent["seconds"]),
                )


def _set_aside(folder: Path) -> None:
    """Keep a folder that was taken over where nobody opens it again."""
    kept = folder.parent / "taken-over" / folder.name
    shutil.rmtree(kept, ignore_errors=True)
    kept.parent.mkdir(exist_ok=True)
    folder.rename(kept)
