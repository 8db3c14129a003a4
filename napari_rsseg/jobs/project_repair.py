"""Mending a project: what is whole stays, labels come back from their journal, nothing is thrown away."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing import rebuild
from napari_rsseg.errors import ProjectError
from napari_rsseg.jobs.project_check import lost_chunks
from napari_rsseg.project import LabelBlock, LabelStore, Project, Provenance, utc_now
from napari_rsseg.project.damage import catalogue_problems, damaged_chunks
from napari_rsseg.project.faults import writing_faults
from napari_rsseg.project.label_store import CHUNK_PX
from napari_rsseg.project.lock import ProjectLock
from napari_rsseg.project.project_file import FILE_NAME, NewerVersionError, read_settings
from napari_rsseg.project.salvage import salvage_catalogue
from napari_rsseg.project.scene_table import restore_scene
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.project import SceneEntry

__all__ = ["Repair", "repair_project"]


@dataclass(frozen=True)
class Repair:
    """Something that was mended.

    Attributes
    ----------
    part : str
        ``settings``, ``catalogue`` or ``labels``.
    scene : str or None
        Id of the scene; None: the whole project.
    done : str
        What was done, in words.
    """

    part: str
    scene: str | None
    done: str


def repair_project(root: Path) -> tuple[Repair, ...]:
    """Mend what is damaged in a project; what was damaged is kept in ``backups/damaged-<time>/``.

    Parameters
    ----------
    root : Path
        The project folder.

    Raises
    ------
    ProjectError
        When another program holds the project, or what is damaged has no copy.
    OutputError
        When the folder cannot be written.
    """
    root = root.absolute()
    kept = root / "backups" / f"damaged-{utc_now().replace(':', '').replace('.', '')}"
    lock = ProjectLock(root)
    if not root.is_dir() or not lock.acquire("repair"):
        held = f"is held by {lock.holder}" if lock.holder else "is no folder"
        raise ProjectError(f"{root} {held}.", "Close the project everywhere, then repair it.")
    try:
        repairs = [*_repair_settings(root, kept), *_repair_catalogue(root, kept)]
    finally:
        lock.release()
    with Project.open(root) as project:
        project.require_writable()
        for folder in sorted((root / "scenes").glob("*/")):
            found = restore_scene(project.catalogue, root, folder)
            if found is not None:
                repairs.append(Repair("catalogue", found, "the scene is known again"))
        for entry in project.scenes():
            repairs += _repair_labels(project, entry, kept)
        _write_down(project, repairs)
    return tuple(repairs)


def _write_down(project: Project, repairs: list[Repair]) -> None:
    if not repairs:
        return
    actor = project.catalogue.actor("tool", "repair")
    with project.catalogue.transaction() as connection:
        connection.executemany(
            "INSERT INTO events (at, actor, kind, why, details) VALUES (?, ?, 'repair', ?, ?)",
            [
                (utc_now(), actor, repair.done, json.dumps({"part": repair.part, "scene": repair.scene}))
                for repair in repairs
            ],
        )


def _repair_settings(root: Path, kept: Path) -> list[Repair]:
    path, copy = root / FILE_NAME, root / "backups" / FILE_NAME
    try:
        read_settings(root)
    except NewerVersionError:
        raise
    except ProjectError:
        if not copy.exists():
            raise
        with writing_faults(path):
            if path.exists():
                _keep(path, kept)
            shutil.copyfile(copy, path)
        read_settings(root)
        return [Repair("settings", None, f"{FILE_NAME} is the copy kept in backups")]
    return []


def _repair_catalogue(root: Path, kept: Path) -> list[Repair]:
    if not catalogue_problems(root / "catalogue.sqlite"):
        return []
    said = salvage_catalogue(root, kept)
    rows = ", ".join(f"{count} of {table}" for table, count in said.rows.items()) or "none"
    words = f"a new catalogue holds the rows that could be read ({rows})"
    if said.from_backup:
        words += f", from a copy in backups {sum(said.from_backup.values())} more"
    if said.dropped:
        words += f"; {said.dropped} rows that refer to lost ones are left out"
    return [Repair("catalogue", None, words)]


def _repair_labels(project: Project, entry: SceneEntry, kept: Path) -> list[Repair]:
    folder = project.scene_folder(entry.id)
    journal = project.journal_path(entry.id)
    path = folder / "labels.zarr"
    try:
        store = LabelStore(path)
    except ProjectError:
        with writing_faults(path):
            for part in (path, folder / "committed.json"):
                if part.exists():
                    _keep(part, kept / entry.id)
        count = rebuild(journal, LabelStore.create(path, entry.height, entry.width))
        return [Repair("labels", entry.id, f"rebuilt from {count} entries of the journal")]
    return [*_repair_commit(store, entry, kept), *_repair_chunks(store, entry, journal, kept)]


def _repair_commit(store: LabelStore, entry: SceneEntry, kept: Path) -> list[Repair]:
    try:
        store.sequence  # noqa: B018 - reading it tells
    except ProjectError:
        with writing_faults(store.path):
            _keep(store.path.with_name("committed.json"), kept / entry.id)
        return [Repair("labels", entry.id, "the next opening does all of the journal again")]
    return []


def _repair_chunks(store: LabelStore, entry: SceneEntry, journal: Path, kept: Path) -> list[Repair]:
    damaged = damaged_chunks(store)
    fine: dict[Window, set[str]] = {}
    for chunk in damaged:
        if chunk.step == 1:
            fine.setdefault(chunk.window, set()).add(chunk.array)
    whole = Window.of(store.height, store.width)
    for row, column in lost_chunks(store, journal, store.sequence):
        corner = Window(0, CHUNK_PX, 0, CHUNK_PX).shifted(row * CHUNK_PX, column * CHUNK_PX)
        fine.setdefault(corner.intersection(whole), set()).update(("labels", "provenance", "actor"))
    with writing_faults(store.path):
        for chunk in damaged:
            _keep(chunk.path, kept / entry.id / chunk.path.relative_to(store.path).parent)
    repairs = []
    if fine:
        _rebuild_chunks(store, journal, fine)
        repairs.append(Repair("labels", entry.id, f"{len(fine)} chunks rebuilt from the journal"))
    coarse = [chunk.window for chunk in damaged if chunk.step > 1]
    for window in {part for outer in coarse for part in _chunks_of(outer, whole)}:
        store.write(window, store.read(window))
    if coarse:
        repairs.append(Repair("labels", entry.id, f"{len(coarse)} chunks of coarser levels made anew"))
    if repairs:
        store.commit(store.sequence)
    return repairs


def _rebuild_chunks(store: LabelStore, journal: Path, damaged: dict[Window, set[str]]) -> None:
    """Give damaged chunks what the journal says of them; whole arrays beside them stay."""
    folder = store.path.with_name("rebuilding")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        draft = LabelStore.create(folder / "labels.zarr", store.height, store.width)
        rebuild(journal, draft)
        for window, arrays in damaged.items():
            store.write(window, _joined(store.read(window), draft.read(window), arrays))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _joined(held: LabelBlock, said: LabelBlock, damaged: set[str]) -> LabelBlock:
    """Return a block in which damaged arrays are what the journal says, and all three fit together."""
    labels = said.labels if "labels" in damaged else held.labels
    provenance = (said if "provenance" in damaged else held).provenance.copy()
    actor = (said if "actor" in damaged else held).actor.copy()
    if "labels" in damaged:
        lost = (said.labels == IGNORED) & (said.provenance == Provenance.UNLABELLED)
        provenance[lost], actor[lost] = Provenance.UNLABELLED, 0
    # a label of which nobody knows any more whose it is must not count as reviewed
    provenance[(provenance == Provenance.UNLABELLED) & (labels != IGNORED)] = Provenance.PREDICTED
    return LabelBlock(labels, provenance, actor)


def _chunks_of(outer: Window, whole: Window) -> list[Window]:
    corner = Window(0, CHUNK_PX, 0, CHUNK_PX)
    return [
        corner.shifted(row, column).intersection(whole)
        for row in range(outer.row_start, outer.row_stop, CHUNK_PX)
        for column in range(outer.column_start, outer.column_stop, CHUNK_PX)
    ]


def _keep(path: Path, folder: Path) -> None:
    """Move something damaged aside."""
    if path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.rename(folder / path.name)
