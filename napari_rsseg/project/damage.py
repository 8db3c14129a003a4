"""What of a project folder is damaged, found part by part, also where it cannot be opened any more."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_rsseg.errors import RssegError
from napari_rsseg.project.catalogue import connection_to_read
from napari_rsseg.project.label_store import CHUNK_PX
from napari_rsseg.project.scene_entry import is_file
from napari_rsseg.scenes.opening import open_scene
from napari_rsseg.scenes.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_rsseg.project.label_store import LabelStore
    from napari_rsseg.project.scene_entry import SceneEntry

__all__ = ["DamagedChunk", "catalogue_problems", "damaged_chunks", "scene_problem"]

_MOST_LINES = 20


@dataclass(frozen=True)
class DamagedChunk:
    """A chunk of a label store that cannot be read.

    Attributes
    ----------
    array : str
        ``labels``, ``provenance``, ``actor`` or ``levels/<step>``.
    step : int
        How many pixels of the scene one pixel of the array spans.
    window : Window
        What it covers, in pixels of the scene.
    path : Path
        Its file.
    reason : str
        What reading it says.
    """

    array: str
    step: int
    window: Window
    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.array} of {self.window}: {self.reason}"


def damaged_chunks(store: LabelStore) -> list[DamagedChunk]:
    """Read every chunk of a label store and return those that are damaged; their sums tell."""
    return [
        found
        for name, step, array in store.arrays()
        for row, column in _written(store.path / name / "c")
        if (found := _damaged(store, name, step, array, (row, column))) is not None
    ]


def _written(folder: Path) -> Iterator[tuple[int, int]]:
    """Yield row and column of the chunks that have files."""
    for path in sorted(folder.glob("*/*")):
        if path.name.isdigit() and path.parent.name.isdigit():
            yield int(path.parent.name), int(path.name)


def _damaged(
    store: LabelStore, name: str, step: int, array: Any, place: tuple[int, int]
) -> DamagedChunk | None:
    row, column = (number * CHUNK_PX for number in place)
    chunk = Window(row, row + CHUNK_PX, column, column + CHUNK_PX).intersection(Window.of(*array.shape))
    path = store.path / name / "c" / str(place[0]) / str(place[1])
    try:
        if path.is_file():
            np.asarray(array[chunk.slices])
            return None
        reason = "something else lies in its place"
    except (ValueError, RuntimeError, OSError) as error:  # whatever codecs say of strange bytes
        reason = str(error)
    rows, columns = (slice(part.start * step, part.stop * step) for part in chunk.slices)
    covered = Window(rows.start, rows.stop, columns.start, columns.stop)
    return DamagedChunk(name, step, covered.intersection(Window.of(store.height, store.width)), path, reason)


def catalogue_problems(path: Path) -> list[str]:
    """Return what SQLite finds wrong with a catalogue; nothing is changed."""
    if not path.is_file():
        return ["it is missing"]
    try:
        with closing(connection_to_read(path)) as connection:
            found = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({_MOST_LINES})")]
            strays = connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST_LINES)
    except sqlite3.DatabaseError as error:
        return [str(error)]
    problems = [] if found == ["ok"] else found
    return problems + [
        f"row {row} of {table} names a missing one of {parent}" for table, row, parent, _ in strays
    ]


def scene_problem(entry: SceneEntry) -> str | None:
    """Return why a scene is not as it was added, in words; None where it is."""
    if is_file(entry.uri) and not Path(entry.uri).exists():
        return f"it is no longer at {entry.uri}"
    try:
        scene = open_scene(entry.uri)
    except RssegError as error:
        return error.found
    try:
        if scene.fingerprint == entry.fingerprint:
            return None
        return f"{entry.uri} is not the one that was labelled: {'; '.join(entry.differences(scene))}"
    finally:
        scene.close()
