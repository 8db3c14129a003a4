"""Whether a project is whole: settings, catalogue, labels, journals and scenes, all findings at once."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from napari_rsseg.editing import Damage, Record, read_journal
from napari_rsseg.errors import ProjectError, RssegError
from napari_rsseg.project import Catalogue, LabelStore
from napari_rsseg.project.damage import catalogue_problems, damaged_chunks, scene_problem
from napari_rsseg.project.label_store import CHUNK_PX
from napari_rsseg.project.project_file import FILE_NAME, NewerVersionError, read_settings
from napari_rsseg.project.scene_table import SCENE_FILE, all_scenes

if TYPE_CHECKING:
    from pathlib import Path

    from napari_rsseg.project import SceneEntry

__all__ = ["Finding", "check_project", "known_scenes", "lost_chunks"]

Part = Literal["settings", "catalogue", "labels", "journal", "scene"]


@dataclass(frozen=True)
class Finding:
    """Something in a project that is not as it should be.

    Attributes
    ----------
    part : {"settings", "catalogue", "labels", "journal", "scene"}
        What it concerns.
    scene : str or None
        Id of the scene; None: the whole project.
    problem : str
        What was found.
    remedy : str
        What to do.
    can_be_repaired : bool
        Whether ``project repair`` mends it.
    """

    part: Part
    scene: str | None
    problem: str
    remedy: str
    can_be_repaired: bool = True


def check_project(root: Path) -> tuple[Finding, ...]:
    """Look at all of a project without changing it, also where it is damaged or open elsewhere.

    Parameters
    ----------
    root : Path
        The project folder.

    Raises
    ------
    ProjectError
        When the folder is no project at all, or was made by a newer version.
    """
    repair = f"Mend it: napari-rsseg project repair {root}"
    findings = _check_settings(root, repair)
    findings += [
        Finding("catalogue", None, problem, repair)
        for problem in catalogue_problems(root / "catalogue.sqlite")
    ]
    entries = known_scenes(root)
    folders = {folder.name: folder for folder in sorted((root / "scenes").glob("*/"))}
    for name, folder in folders.items():
        findings += _check_labels(name, folder, repair)
        findings += _check_journal(name, folder / "journal.bin")
        if name not in entries and (folder / SCENE_FILE).exists():
            findings.append(Finding("catalogue", name, "it does not know this scene's folder", repair))
    for entry in entries.values():
        if entry.id not in folders:
            findings.append(Finding("labels", entry.id, "their folder is gone", repair))
        problem = scene_problem(entry)
        if problem is not None:
            remedy = f"Say where it is: napari-rsseg project open {root} --scene {entry.id}=PATH"
            findings.append(Finding("scene", entry.id, problem, remedy, can_be_repaired=False))
    return tuple(findings)


def known_scenes(root: Path) -> dict[str, SceneEntry]:
    """Return the scenes of a project's catalogue by id; none where it cannot be read."""
    with contextlib.suppress(RssegError):
        catalogue = Catalogue.open(root / "catalogue.sqlite", read_only=True)
        try:
            return {entry.id: entry for entry in all_scenes(catalogue, root)}
        finally:
            catalogue.close()
    return {}


def _check_settings(root: Path, repair: str) -> list[Finding]:
    try:
        read_settings(root)
    except NewerVersionError:
        raise
    except ProjectError as error:
        if not (root / "backups" / FILE_NAME).exists():
            raise
        return [Finding("settings", None, error.found, repair)]
    return []


def _check_labels(name: str, folder: Path, repair: str) -> list[Finding]:
    try:
        store = LabelStore(folder / "labels.zarr", is_read_only=True)
    except ProjectError as error:
        return [Finding("labels", name, error.found, repair)]
    findings = [Finding("labels", name, str(chunk), repair) for chunk in damaged_chunks(store)]
    try:
        committed = store.sequence
    except ProjectError as error:
        return [*findings, Finding("labels", name, error.found, repair)]
    try:
        lost = lost_chunks(store, folder / "journal.bin", committed)
    except ProjectError:  # said of the journal itself
        return findings
    return findings + [
        Finding("labels", name, f"the chunk at row {row}, column {column} is gone", repair)
        for row, column in lost
    ]


def lost_chunks(store: LabelStore, journal: Path, committed: int) -> list[tuple[int, int]]:
    """Return the places of chunks without a file though the journal says that they were written.

    Raises
    ------
    ProjectError
        When the journal cannot be read.
    """
    written: set[tuple[int, int]] = set()
    for record in read_journal(journal) if journal.exists() else ():
        if isinstance(record, Record) and record.sequence <= committed:
            written |= {
                (patch.window.row_start // CHUNK_PX, patch.window.column_start // CHUNK_PX)
                for patch in record.patches()
            }
    names = [name for name, step, _ in store.arrays() if step == 1]
    return [
        (row, column)
        for row, column in sorted(written)
        if not all((store.path / name / f"c/{row}/{column}").exists() for name in names)
    ]


def _check_journal(name: str, path: Path) -> list[Finding]:
    if not path.exists():
        return []
    last, damages = 0, []
    try:
        for found in read_journal(path):
            if isinstance(found, Damage):
                damages.append(found)
            else:
                last = found.sequence
    except ProjectError as error:
        return [Finding("journal", name, error.found, error.remedy, can_be_repaired=False)]
    findings = [
        Finding(
            "journal", name, str(damage),
            "The next opening drops it." if damage.is_tail else "Undo ends there; the labels are kept.",
            can_be_repaired=False,
        )
        for damage in damages
    ]  # fmt: skip
    committed = _committed(path.with_name("committed.json"))
    if committed > last:
        findings.append(
            Finding(
                "journal", name, f"it ends at entry {last}, the labels hold entry {committed}",
                "Put back the journal that belongs here; else what was done before cannot be undone.",
                can_be_repaired=False,
            )
        )  # fmt: skip
    return findings


def _committed(path: Path) -> int:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return int(json.loads(path.read_text(encoding="utf-8"))["sequence"])
    return 0
