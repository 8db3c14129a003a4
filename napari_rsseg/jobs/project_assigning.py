"""Windows shared out among annotators, each with a copy of the project of their own."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from itertools import combinations, cycle
from typing import TYPE_CHECKING

from napari_rsseg.editing import open_session
from napari_rsseg.errors import ProjectError
from napari_rsseg.project import Catalogue, LabelStore, Project
from napari_rsseg.project.faults import writing_faults
from napari_rsseg.project.parts import assigned_labels_path, part_labels_path, part_name
from napari_rsseg.project.project import CATALOGUE
from napari_rsseg.project.project_file import write_settings
from napari_rsseg.project.scene_entry import relative_uri
from napari_rsseg.project.scene_table import SCENE_FILE
from napari_rsseg.review.preparing import fill_queue
from napari_rsseg.review.queue import ReviewQueue
from napari_rsseg.review.states import DONE
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from napari_rsseg.project import SceneEntry

__all__ = ["Part", "assign_project", "shared_out"]


@dataclass(frozen=True)
class Part:
    """The copy of one annotator.

    Attributes
    ----------
    annotator : str
        Whose.
    root : Path
        Its folder.
    windows : int
        Windows that are theirs to change.
    shared : int
        How many of these another annotator labels too, neither seeing the other.
    """

    annotator: str
    root: Path
    windows: int
    shared: int


def assign_project(
    project: Project, annotators: Sequence[str], *, overlap: float = 0.0, out: Path | None = None
) -> tuple[Part, ...]:
    """Share out the windows that nobody has done or been given, and make a copy for each annotator.

    Parameters
    ----------
    project : Project
        Open to write; its scenes are divided into windows where they are not yet.
    annotators : sequence of str
        Their names.
    overlap : float
        Share of the windows, 0 to 1, that two annotators label without seeing each other.
    out : Path, optional
        Folder of the copies; default: beside the project.

    Raises
    ------
    ProjectError
        When names are not told apart, no window is left, or a copy is there already.
    OutputError
        When a copy cannot be written.
    """
    project.require_writable()
    names = _checked_names(annotators, overlap)
    roots = {name: (out or project.root.parent) / f"{project.root.name}-{part_name(name)}" for name in names}
    for root in roots.values():
        if root.exists():
            raise ProjectError(f"{root} is there already.", "Merge it back and move it away, or give --out.")
    free = _free_windows(project)
    if not free:
        raise ProjectError(
            f"All windows of {project.root} are done or assigned.", "Merge copies, or add scenes, first."
        )
    for entry in project.scenes():  # what only the journal holds comes into the labels that are copied
        open_session(project, entry)[0].close()
    shares = shared_out(free, names, overlap)
    parts = []
    _keep_labels(project, shares)
    for name, root in roots.items():
        _write_part(
            project, name, root.absolute(), {w: given for w, given in shares.items() if name in given}
        )
        own = [given for given in shares.values() if name in given]
        parts.append(Part(name, root, len(own), sum(len(given) > 1 for given in own)))
    _write_down(project, shares, parts)
    return tuple(parts)


def shared_out(windows: Sequence[int], names: Sequence[str], overlap: float) -> dict[int, tuple[str, ...]]:
    """Return who gets each window: neighbours together, and some, spread evenly, for two annotators each.

    Parameters
    ----------
    windows : sequence of int
        Row by row, scene by scene.
    names : sequence of str
        Of the annotators.
    overlap : float
        Share of the windows that two of them get.
    """
    count = round(overlap * len(windows))
    twice = (
        {windows[int((number + 0.5) * len(windows) / count)] for number in range(count)} if count else set()
    )
    pairs = cycle(combinations(names, 2))
    once = [window for window in windows if window not in twice]
    shares = {window: (names[place * len(names) // len(once)],) for place, window in enumerate(once)}
    return shares | {window: next(pairs) for window in sorted(twice)}


def _checked_names(annotators: Sequence[str], overlap: float) -> tuple[str, ...]:
    names = tuple(name.strip() for name in annotators if name.strip())
    if not names or len({part_name(name) for name in names}) < len(names):
        raise ProjectError(
            f"The annotators {', '.join(names) or 'are not named and'} cannot be told apart.",
            "Give each a name of letters and digits of its own: --annotators ada,bob",
        )
    bad = [name for name in names if "," in name or not part_name(name)]
    if bad:
        raise ProjectError(f"{bad[0]!r} is no name of an annotator.", "Use letters and digits.")
    if not 0 <= overlap <= 1 or (overlap and len(names) < 2):
        raise ProjectError(
            f"An overlap of {overlap:.0%} among {len(names)} annotators cannot be made.",
            "Give 0% to 100%, and at least two annotators where it is above 0%.",
        )
    return names


def _free_windows(project: Project) -> list[int]:
    """Return the windows of the grid that are neither done nor assigned, row by row, scene by scene."""
    fill_queue(project)
    side = project.settings.window_px
    done = ", ".join(f"'{state.value}'" for state in DONE)
    rows = project.catalogue.rows(
        "SELECT windows.id FROM windows JOIN scenes ON scenes.id = windows.scene "
        f"WHERE assigned_to IS NULL AND is_blind = 0 AND state NOT IN ({done}) "
        "AND row_start % :side = 0 AND column_start % :side = 0 "
        "AND row_stop = min(row_start + :side, height) AND column_stop = min(column_start + :side, width) "
        "ORDER BY scenes.rowid, row_start, column_start",
        {"side": side},
    )
    return [row["id"] for row in rows]


def _keep_labels(project: Project, shares: dict[int, tuple[str, ...]]) -> None:
    """Keep the labels of windows as they are given away, to tell later who changed what."""
    rows = project.catalogue.rows("SELECT * FROM windows")
    for entry in project.scenes():
        given: dict[Path, list[Window]] = {}
        for row in rows:
            if row["scene"] == entry.id and row["id"] in shares:
                window = Window(row["row_start"], row["row_stop"], row["column_start"], row["column_stop"])
                paths = [part_labels_path(project, entry.id, name) for name in shares[row["id"]]]
                for path in (assigned_labels_path(project, entry.id), *paths):
                    given.setdefault(path, []).append(window)
        store = project.label_store(entry.id)
        for path, windows in given.items():
            if not path.exists():
                _copy_store(project, entry, path)
                continue
            kept = LabelStore(path)  # what was given away before is not brought up to date
            for window in windows:
                kept.write(window, store.read(window))


def _copy_store(project: Project, entry: SceneEntry, target: Path) -> None:
    """Copy a scene's labels as they are on the disk."""
    with writing_faults(target):
        draft = target.with_name(f"{target.name}.partial")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(project.label_store(entry.id).path, draft)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)


def _write_part(project: Project, annotator: str, root: Path, own: dict[int, tuple[str, ...]]) -> None:
    """Make the copy of one annotator, all or nothing."""
    draft = root.with_name(f"{root.name}.partial")
    with writing_faults(root):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for entry in project.scenes():
            target = draft / "scenes" / entry.id
            target.mkdir(parents=True)
            _copy_store(project, entry, target / "labels.zarr")
            shutil.copyfile(project.scene_folder(entry.id) / SCENE_FILE, target / SCENE_FILE)
            LabelStore(target / "labels.zarr")  # what was copied can be read
        if project.predictions_folder.is_dir():
            shutil.copytree(project.predictions_folder, draft / "predictions")
    project.catalogue.backup(draft / CATALOGUE)
    copy = Catalogue.open(draft / CATALOGUE)
    try:
        _prepare(copy, project, annotator, root, own)
    finally:
        copy.close()
    settings = project.settings.model_copy(update={"annotator": annotator, "is_part": True})
    write_settings(draft, settings)
    with writing_faults(root):
        draft.rename(root)


def _prepare(
    copy: Catalogue, project: Project, annotator: str, root: Path, own: dict[int, tuple[str, ...]]
) -> None:
    """Say in a copied catalogue what is its annotator's, and where the scenes lie seen from there."""
    with copy.transaction() as connection:
        connection.executemany(
            "UPDATE scenes SET uri = ? WHERE id = ?",
            [(relative_uri(entry.uri, root), entry.id) for entry in project.scenes()],
        )
        connection.executemany(
            "UPDATE windows SET assigned_to = ?, is_blind = ? WHERE id = ?",
            [(annotator, len(given) > 1, window) for window, given in own.items()],
        )
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()
    copy.remember("part", {"id": uuid.uuid4().hex, "events": last})


def _write_down(project: Project, shares: dict[int, tuple[str, ...]], parts: list[Part]) -> None:
    with project.catalogue.transaction() as connection:
        connection.executemany(
            "UPDATE windows SET assigned_to = ?, is_blind = ? WHERE id = ?",
            [(",".join(given), len(given) > 1, window) for window, given in shares.items()],
        )
        queue = ReviewQueue(project.catalogue, project.annotator)
        for part in parts:
            counts: dict[str, JsonValue] = {"windows": part.windows, "shared": part.shared}
            queue.tell(None, "assign", details={"annotator": part.annotator, **counts})
