"""Other classes for a project in use: more of them, other names, or a remap said class by class."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_rsseg.classes.scheme import IGNORED
from napari_rsseg.editing import open_session
from napari_rsseg.errors import ProjectError, SchemeError
from napari_rsseg.jobs.journal_rewriting import rewrite_journal, same_actors
from napari_rsseg.project import LabelBlock, LabelStore, utc_now
from napari_rsseg.project.faults import writing_faults
from napari_rsseg.project.label_store import CHUNK_PX
from napari_rsseg.project.scene_table import SCENE_FILE
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from napari_rsseg.classes.scheme import Scheme
    from napari_rsseg.project import Project

__all__ = ["NOTHING", "ClassChange", "change_classes"]

NOTHING = "ignore"
"""What a class becomes of which nothing is to be said any more."""


@dataclass(frozen=True)
class ClassChange:
    """What became of a project's classes.

    Attributes
    ----------
    names : dict of str to str
        Old names with the new ones, ``ignore`` where nothing is said any more.
    is_remapped : bool
        Whether labels and journals were written anew, with other ids.
    kept : Path or None
        Where the labels lie as they were.
    """

    names: dict[str, str]
    is_remapped: bool
    kept: Path | None = None


def change_classes(project: Project, scheme: Scheme, becomes: Mapping[str, str]) -> ClassChange:
    """Give a project other classes; labels keep their meaning, their history and who said them.

    Parameters
    ----------
    project : Project
        Open to write, with no scene being edited.
    scheme : Scheme
        The new classes.
    becomes : mapping
        For old names that the new classes lack: the new name, or ``ignore``.

    Raises
    ------
    SchemeError
        When it is not said what an old class becomes, with the pixels it has, or a name is unknown.
    ProjectError
        When labels are damaged, or annotators have copies.
    OutputError
        When the project cannot be written.
    """
    project.require_writable()
    names = _names(project, scheme, becomes)
    ids = _ids(project.scheme, scheme, names)
    used = np.arange(len(project.scheme.names))
    if (ids[used] == used).all():
        project.update_settings(scheme=scheme)
        return ClassChange(names, is_remapped=False)
    if project.catalogue.rows("SELECT 1 FROM windows WHERE assigned_to IS NOT NULL LIMIT 1"):
        raise ProjectError(
            "Annotators have copies of the project with the old classes.",
            "Merge them first and take the assignment back, or only add and rename classes.",
        )
    kept = _write_anew(project, ids)
    with project.catalogue.transaction() as connection:
        rows = connection.execute("SELECT window, class_id, actor, seconds FROM activity").fetchall()
        connection.execute("DELETE FROM activity")
        connection.executemany(
            "INSERT INTO activity VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET seconds = seconds + excluded.seconds",
            [(row["window"], int(ids[row["class_id"]]), row["actor"], row["seconds"]) for row in rows],
        )
    project.update_settings(scheme=scheme)
    return ClassChange(names, is_remapped=True, kept=kept)


def _names(project: Project, scheme: Scheme, becomes: Mapping[str, str]) -> dict[str, str]:
    old, new = project.scheme.names, scheme.names
    unknown = [f"{name} is no class of the project" for name in becomes if name not in old]
    unknown += [f"{name} is no new class" for name in becomes.values() if name not in (*new, NOTHING)]
    if unknown:
        raise SchemeError(
            f"The classes do not fit: {'; '.join(unknown)}.",
            f"The project has {', '.join(old)}; the new ones are {', '.join(new)}.",
        )
    names = {name: becomes.get(name, name) for name in old}
    open_ones = [name for name, found in names.items() if found not in (*new, NOTHING)]
    if open_ones:
        pixels = _pixels(project)
        words = ", ".join(f"{name} ({pixels[old.index(name)]:,} pixels)" for name in open_ones)
        example = ",".join(f"{name}={NOTHING}" for name in open_ones)
        raise SchemeError(
            f"The new classes {', '.join(new)} lack {words}.",
            f'Say what each becomes, a new class or {NOTHING}: --map "{example}"',
        )
    return names


def _ids(old: Scheme, new: Scheme, names: Mapping[str, str]) -> npt.NDArray[np.uint8]:
    """Return the new id of each old one; what is no class stays 255."""
    ids = np.full(256, IGNORED, dtype=np.uint8)
    for number, name in enumerate(old.names):
        if names[name] != NOTHING:
            ids[number] = new.id_of(names[name])
    return ids


def _pixels(project: Project) -> npt.NDArray[np.int64]:
    counts = np.zeros(256, dtype=np.int64)
    for entry in project.scenes():
        for _, block in _blocks(project.label_store(entry.id)):
            counts += np.bincount(block.labels.ravel(), minlength=256)
    return counts


def _blocks(store: LabelStore) -> Iterator[tuple[Window, LabelBlock]]:
    """Yield the chunks of a store about which something is said."""
    whole = Window.of(store.height, store.width)
    for row in range(0, store.height, CHUNK_PX):
        for column in range(0, store.width, CHUNK_PX):
            window = Window(row, row + CHUNK_PX, column, column + CHUNK_PX).intersection(whole)
            block = store.read(window)
            if block.provenance.any() or block.actor.any():
                yield window, block


def _write_anew(project: Project, ids: npt.NDArray[np.uint8]) -> Path:
    """Write labels and journals of all scenes beside the old ones, then exchange both folders."""
    scenes, draft = project.root / "scenes", project.root / "scenes.partial"
    kept = project.root / "backups" / f"scenes-{utc_now().replace(':', '').replace('.', '')}"
    with writing_faults(draft):
        shutil.rmtree(draft, ignore_errors=True)
        for entry in project.scenes():
            open_session(project, entry)[0].close()  # what only the journal holds comes into the store
            folder = draft / entry.id
            store = project.label_store(entry.id)
            target = LabelStore.create(folder / "labels.zarr", store.height, store.width)
            for window, block in _blocks(store):
                target.write(window, LabelBlock(ids[block.labels], block.provenance, block.actor))
            target.commit(store.sequence)
            shutil.copyfile(project.scene_folder(entry.id) / SCENE_FILE, folder / SCENE_FILE)
            rewrite_journal(
                project.journal_path(entry.id), folder / "journal.bin", actors=same_actors(), classes=ids
            )
        kept.parent.mkdir(exist_ok=True)
        scenes.rename(kept)
        draft.rename(scenes)
    return kept
