"""A catalogue made anew from what can still be read of a damaged one, a backup, and the scenes' folders."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_rsseg.project.catalogue import Catalogue
from napari_rsseg.project.faults import writing_faults
from napari_rsseg.project.scene_table import restore_scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Salvaged", "salvage_catalogue"]


@dataclass
class Salvaged:
    """What came into the new catalogue.

    Attributes
    ----------
    rows : dict of str to int
        Rows per table that could be read.
    from_backup : dict of str to int
        Further rows per table that only the newest backup holds.
    scenes : list of str
        Scenes that came from the files beside their labels.
    dropped : int
        Rows that refer to lost ones and had to be left out.
    """

    rows: dict[str, int] = field(default_factory=dict)
    from_backup: dict[str, int] = field(default_factory=dict)
    scenes: list[str] = field(default_factory=list)
    dropped: int = 0


def salvage_catalogue(root: Path, kept: Path) -> Salvaged:
    """Put a whole catalogue in the place of a damaged one, which is kept.

    Parameters
    ----------
    root : Path
        The project folder, which nobody else writes.
    kept : Path
        Folder to which the damaged files are moved.

    Returns
    -------
    Salvaged
        What was saved.

    Raises
    ------
    OutputError
        When the folder cannot be written.
    """
    path = root / "catalogue.sqlite"
    draft = root / "catalogue.rebuilt.sqlite"
    _clear(draft)
    backups = sorted((root / "backups").glob("catalogue-*.sqlite"), key=lambda found: found.stat().st_mtime)
    said = Salvaged()
    catalogue = Catalogue.open(draft)
    try:
        catalogue.connection.execute("PRAGMA foreign_keys = OFF")
        said.rows = _take(path, catalogue)
        if backups:
            said.from_backup = _take(backups[-1], catalogue)
        for folder in sorted((root / "scenes").glob("*/")):
            found = restore_scene(catalogue, root, folder)
            said.scenes += [] if found is None else [found]
        said.dropped = _drop_strays(catalogue)
    finally:
        catalogue.close()
    with writing_faults(path):
        kept.mkdir(parents=True, exist_ok=True)
        for part in root.glob("catalogue.sqlite*"):
            part.rename(kept / part.name)
        draft.rename(path)
    _clear(draft)
    return said


def _clear(draft: Path) -> None:
    for part in draft.parent.glob(f"{draft.name}*"):
        part.unlink()


def _take(source: Path, catalogue: Catalogue) -> dict[str, int]:
    """Copy rows that the catalogue has not from a file that may be damaged; return their number per table."""
    taken: dict[str, int] = {}
    if not source.is_file():
        return taken
    with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as damaged:
        for table in _tables(catalogue):
            before = catalogue.connection.total_changes
            columns = _columns(damaged, table)
            names, marks = ", ".join(columns), ", ".join("?" * len(columns))
            with catalogue.transaction() as connection:
                for row in _readable(damaged, table, columns):
                    connection.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", row)
            count = catalogue.connection.total_changes - before
            taken |= {table: count} if count else {}
    return taken


def _tables(catalogue: Catalogue) -> list[str]:
    return [row["name"] for row in catalogue.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]


def _columns(damaged: sqlite3.Connection, table: str) -> dict[str, int]:
    """Return the columns of a table and their places in its key, 0 outside; none where it is unreadable."""
    try:
        return {row[1]: row[5] for row in damaged.execute(f"PRAGMA table_info({table})")}
    except sqlite3.DatabaseError:  # not even the list of tables can be read
        return {}


def _readable(
    damaged: sqlite3.Connection, table: str, columns: dict[str, int]
) -> Iterator[tuple[object, ...]]:
    """Yield what can be read of a table from its start, and from its end back to the damaged page."""
    key = sorted((name for name in columns if columns[name]), key=columns.__getitem__)
    for order in ("ASC", "DESC") if columns else ():
        ordering = ", ".join(f"{name} {order}" for name in key)
        try:
            yield from damaged.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {ordering}")
        except sqlite3.DatabaseError:
            continue  # the other direction comes up to the same page from behind
        return


def _drop_strays(catalogue: Catalogue) -> int:
    """Cut references to lost rows, and drop rows that are nothing without them; return their number."""
    dropped = 0
    while True:
        before = catalogue.connection.total_changes
        for table in _tables(catalogue):
            required = {
                row["name"] for row in catalogue.rows(f"PRAGMA table_info({table})") if row["notnull"]
            }
            for reference in catalogue.rows(f"PRAGMA foreign_key_list({table})"):
                column, parent, target = reference["from"], reference["table"], reference["to"]
                stray = f"{column} IS NOT NULL AND {column} NOT IN (SELECT {target} FROM {parent})"
                with catalogue.transaction() as connection:
                    if column in required:
                        dropped += connection.execute(f"DELETE FROM {table} WHERE {stray}").rowcount
                    else:
                        connection.execute(f"UPDATE {table} SET {column} = NULL WHERE {stray}")
        if catalogue.connection.total_changes == before:
            return dropped
